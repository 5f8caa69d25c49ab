import { open, type FileHandle } from 'node:fs/promises';
import type { SourceFormat } from '../../contract/image.ts';
import { reading } from '../../storage/open-itself.ts';

/** What the first and last bytes of a file tell, without decoding it. */
export interface FileHead {
  /** The format by content; null for everything that is not one of those that are read. */
  readonly format: SourceFormat | null;
  /** Written by Unspeckle: it carries the mark of our results. */
  readonly ownMark: boolean;
  /** The companion (`._name`) in which macOS keeps what other disks cannot. */
  readonly appleDouble: boolean;
}

/** The namespace of the mark in the XMP of every result; it is written nowhere else. */
export const ownMarkText = 'xmlns:unspeckle="urn:unspeckle:xmp:1.0:"';

const firstBytes = 8 * 1024;
/** The engine keeps the mark within the first or, by format, the last so many bytes. */
const markedBytes = 256 * 1024;

/** Looks at a regular file. Opened so that a pipe that took its place does not hang us. */
export async function readFileHead(path: string): Promise<FileHead> {
  const handle = await open(path, reading);
  try {
    const { size } = await handle.stat();
    const first = await readAt(handle, 0, Math.min(firstBytes, size));
    const format = sniffFormat(first);
    const appleDouble = first.length >= 4 && first.readUInt32BE(0) === 0x00051607;
    return { format, appleDouble, ownMark: format !== null && (await hasMark(handle, size, format, first)) };
  } finally {
    await handle.close();
  }
}

async function hasMark(
  handle: FileHandle,
  size: number,
  format: SourceFormat,
  first: Buffer,
): Promise<boolean> {
  if (first.includes(ownMarkText, 0, 'latin1')) return true;
  if (size <= first.length || pixelsBegin(format, first)) return false;
  const head = await readAt(handle, 0, Math.min(size, markedBytes));
  if (head.includes(ownMarkText, 0, 'latin1')) return true;
  if (size <= head.length || format === 'jpeg' || format === 'png') return false;
  const tail = await readAt(handle, Math.max(0, size - markedBytes), Math.min(size, markedBytes));
  return tail.includes(ownMarkText, 0, 'latin1');
}

/** True where the picture's data have begun, after which these formats hold no XMP of ours. */
function pixelsBegin(format: SourceFormat, bytes: Buffer): boolean {
  if (format === 'png') return bytes.includes('IDAT', 0, 'latin1');
  return format === 'jpeg' && jpegScanBegins(bytes);
}

/** Walks from segment to segment: the bytes of a scan's marker may also stand inside a profile. */
function jpegScanBegins(bytes: Buffer): boolean {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    if (marker === 0xda) return true;
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return false;
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** The format by its signature. */
export function sniffFormat(bytes: Buffer): SourceFormat | null {
  const text = (from: number, to: number) => bytes.toString('latin1', from, to);
  if (text(0, 3) === '\xff\xd8\xff') return 'jpeg';
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(text(0, 4))) return 'tiff';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  if (text(0, 6) === 'GIF87a' || text(0, 6) === 'GIF89a') return 'gif';
  if (text(4, 8) === 'ftyp' && /avif|avis/.test(text(8, 64))) return 'avif';
  return null;
}
