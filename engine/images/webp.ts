import type { Phrase } from '../../contract/texts/fill-in.ts';
import { attempt } from './attempt.ts';
import { readExif } from './exif.ts';
import { iccProblem, noMetadata, type NativePiece, type PictureMetadata } from './picture-metadata.ts';
import { damaged, Refusal } from './refusal.ts';

/** A WebP's header and chunks (RFC 9649), read without decoding. */
export interface WebpHeader {
  readonly width: number;
  readonly height: number;
  readonly alpha: boolean;
  readonly lossless: boolean;
  readonly frames: number;
  /** Content credentials, which sign the pixels as they are. */
  readonly signed: boolean;
  readonly chunks: readonly NativePiece[];
  /** Behind the last chunk. */
  readonly end: number;
}

/** @throws Refusal image-empty, image-damaged */
export function readWebp(bytes: Buffer): WebpHeader {
  const { chunks, end } = readChunks(bytes);
  const first = chunks[0];
  if (!first) throw new Refusal('image-empty');
  const frames = chunks.filter(({ kind }) => kind === 'ANMF');
  // A frame of an animation holds chunks of its own after 16 bytes about itself.
  const inner = frames[0] ? readRiffChunks(frames[0].data, 16) : chunks;
  const pixels = inner.find(({ kind }) => kind === 'VP8 ' || kind === 'VP8L');
  const size = first.kind === 'VP8X' ? canvasSize(first.data) : pixels && pixelSize(pixels);
  if (!size) throw end <= bytes.length ? damaged('damage-data-none') : damaged('damage-end-missing');
  const flagged = first.kind === 'VP8X' && (first.data[0]! & 0x10) !== 0;
  return {
    ...size,
    alpha: flagged || (pixels?.kind === 'VP8L' && (pixels.data[4]! & 0x10) !== 0),
    lossless: pixels?.kind === 'VP8L',
    frames: Math.max(1, frames.length),
    signed: chunks.some(({ kind }) => kind === 'C2PA'),
    chunks,
    end,
  };
}

/** Where the file says that it ends, which is beyond its bytes when it was cut. */
function readChunks(bytes: Buffer): { chunks: NativePiece[]; end: number } {
  const end = 8 + bytes.readUInt32LE(4);
  return { chunks: readRiffChunks(bytes.subarray(0, end), 12), end };
}

/** Beyond this a file is made of chunks, not of pixels; the rest is not looked at. */
const mostChunks = 50_000;

/** The chunks from `at` on; one that is cut off counts as far as it goes. */
function readRiffChunks(bytes: Buffer, at: number): NativePiece[] {
  const chunks: NativePiece[] = [];
  while (at + 8 <= bytes.length && chunks.length < mostChunks) {
    const length = bytes.readUInt32LE(at + 4);
    chunks.push({
      kind: bytes.toString('latin1', at, at + 4),
      data: bytes.subarray(at + 8, at + 8 + length),
    });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

function canvasSize(data: Buffer): { width: number; height: number } | undefined {
  if (data.length < 10) return undefined;
  return { width: data.readUIntLE(4, 3) + 1, height: data.readUIntLE(7, 3) + 1 };
}

function pixelSize({ kind, data }: NativePiece): { width: number; height: number } | undefined {
  // A lossless picture of one colour is that short.
  if (data.length < (kind === 'VP8 ' ? 10 : 5)) return undefined;
  if (kind === 'VP8 ') return { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff };
  const bits = data.readUInt32LE(1);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

export function webpMetadata(header: WebpHeader): PictureMetadata {
  const problems: Phrase[] = [];
  const find = (kind: string) => header.chunks.find((chunk) => chunk.kind === kind)?.data;
  return {
    ...noMetadata,
    exif: attempt(problems, 'EXIF', find('EXIF'), readExif),
    xmp: find('XMP ') ?? null,
    icc: attempt(problems, 'ICC', find('ICCP'), checkedProfile),
    problems,
  };
}

function checkedProfile(icc: Buffer): Buffer {
  const problem = iccProblem(icc);
  if (problem) throw damaged(problem);
  return icc;
}

/** What a WebP can hold beside its pixels. */
export interface WebpExtras {
  /** From the byte order mark on. */
  readonly exif: Buffer | null;
  readonly xmp: Buffer | null;
  readonly icc: Buffer | null;
}

/** A WebP of our encoder, of one frame, with what belongs around its pixels. */
export function assembleWebp(encoded: Buffer, extras: WebpExtras): Buffer {
  const { chunks, width, height, alpha } = readWebp(encoded);
  const pixels = chunks.filter(({ kind }) => ['ALPH', 'VP8 ', 'VP8L'].includes(kind));
  const flags =
    (extras.icc ? 0x20 : 0) | (alpha ? 0x10 : 0) | (extras.exif ? 0x08 : 0) | (extras.xmp ? 0x04 : 0);
  const head = Buffer.alloc(10);
  head[0] = flags;
  head.writeUIntLE(width - 1, 4, 3);
  head.writeUIntLE(height - 1, 7, 3);
  const parts = [
    ...riffChunk('VP8X', head),
    ...(extras.icc ? riffChunk('ICCP', extras.icc) : []),
    ...pixels.flatMap(({ kind, data }) => riffChunk(kind, data)),
    ...(extras.exif ? riffChunk('EXIF', extras.exif) : []),
    ...(extras.xmp ? riffChunk('XMP ', extras.xmp) : []),
  ];
  const body = flags === 0 ? [encoded.subarray(12)] : parts;
  const start = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  start.writeUInt32LE(4 + body.reduce((sum, part) => sum + part.length, 0), 4);
  return Buffer.concat([start, ...body]);
}

function riffChunk(kind: string, data: Buffer): Buffer[] {
  const head = Buffer.from(`${kind}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return [head, data, Buffer.alloc(data.length % 2)];
}

/** The file without anything but what decoding needs, for when its metadata stops the decoder. */
export function bareWebp(bytes: Buffer): Buffer {
  const kept = readWebp(bytes).chunks.filter(({ kind }) => !['EXIF', 'XMP ', 'ICCP', 'C2PA'].includes(kind));
  const parts = kept.flatMap(({ kind, data }) => {
    // The flags of VP8X must not announce what was taken out.
    return riffChunk(kind, kind === 'VP8X' ? Buffer.from([data[0]! & 0x12, ...data.subarray(1)]) : data);
  });
  const start = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  start.writeUInt32LE(4 + parts.reduce((sum, part) => sum + part.length, 0), 4);
  return Buffer.concat([start, ...parts]);
}
