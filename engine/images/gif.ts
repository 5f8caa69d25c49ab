import { damaged, Refusal } from './refusal.ts';

export interface GifHeader {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Behind the sign that ends it. */
  readonly end: number;
}

/** Size and number of frames of a GIF (CompuServe GIF89a), without decoding. */
export function readGif(bytes: Buffer): GifHeader {
  if (bytes.length < 13) throw new Refusal('image-empty');
  const [width, height] = [bytes.readUInt16LE(6), bytes.readUInt16LE(8)];
  if (width === 0 || height === 0) throw damaged('damage-no-pixels');
  return { width, height, ...countFrames(bytes, 13 + tableBytes(bytes[10]!)) };
}

function tableBytes(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

/** Image descriptors (2C) between extensions (21), each followed by blocks that say their length. */
function countFrames(bytes: Buffer, at: number): { frames: number; end: number } {
  let frames = 0;
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === 0x2c) {
      frames++;
      // Descriptor, colour table, code size.
      at = skipBlocks(bytes, at + 11 + tableBytes(bytes[at + 9] ?? 0));
    } else if (kind === 0x21) at = skipBlocks(bytes, at + 2);
    else break;
  }
  const end = bytes[at] === 0x3b ? at + 1 : bytes.length;
  return { frames: Math.max(1, frames), end };
}

function skipBlocks(bytes: Buffer, at: number): number {
  while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
  return at + 1;
}
