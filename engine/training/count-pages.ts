import { open, type FileHandle } from 'node:fs/promises';
import { openImage } from '../images/open.ts';

/** More pages are not looked for. */
const MOST_PAGES = 10_000;
/** ImageJ writes its only directory, and what it says of the stack, before the pixels. */
const HEAD_BYTES = 4096;

/**
 * Pages of a TIFF file by the chain of its directories alone, a few bytes each: a folder of stacks is looked through
 * in seconds. 1 for what is not a TIFF or can't be read; what is wrong with a file is said when it is decoded.
 */
export async function countPages(file: string): Promise<number> {
  if (!/\.tiff?$/i.test(file)) return 1;
  try {
    const handle = await open(file, 'r');
    try {
      const listed = Math.max(1, await countDirectories(handle));
      return listed === 1 && (await speaksOfStack(handle)) ? (await openImage(file)).summary.pages : listed;
    } finally {
      await handle.close();
    }
  } catch {
    return 1;
  }
}

/** Whether ImageJ may have left out the directories of further pages: only the whole file tells. */
async function speaksOfStack(handle: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return /ImageJ=[^]*?\nimages=\d+/.test(buffer.toString('latin1', 0, bytesRead));
}

async function countDirectories(handle: FileHandle): Promise<number> {
  const read = async (position: number, length: number) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
    if (bytesRead < length) throw new RangeError('the file ends early');
    return buffer;
  };
  const header = await read(0, 16);
  const little = header.toString('latin1', 0, 2) === 'II';
  const short = (bytes: Buffer, at = 0) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const long = (bytes: Buffer, at = 0) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const huge = (bytes: Buffer, at = 0) =>
    Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  const big = short(header, 2) === 43;
  if (!big && short(header, 2) !== 42) return 0;
  const seen = new Set<number>();
  let at = big ? huge(header, 8) : long(header, 4);
  while (at !== 0 && !seen.has(at) && seen.size < MOST_PAGES) {
    seen.add(at);
    const entries = big ? huge(await read(at, 8)) : short(await read(at, 2));
    const end = at + (big ? 8 + 20 * entries : 2 + 12 * entries);
    at = big ? huge(await read(end, 8)) : long(await read(end, 4));
  }
  return seen.size;
}
