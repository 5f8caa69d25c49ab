import { deflateSync, inflateSync } from 'node:zlib';
import { type Phrase, phrase } from '../../contract/texts/fill-in.ts';
import { crc32 } from './crc32.ts';
import { readExif } from './exif.ts';
import { attempt } from './attempt.ts';
import {
  iccProblem,
  largestBlock,
  noMetadata,
  unusualColour,
  type CodedColour,
  type Density,
  type NativePiece,
  type PictureMetadata,
} from './picture-metadata.ts';
import { damaged, Refusal } from './refusal.ts';

/** A PNG's header and chunks (ISO/IEC 15948), read without decoding. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colour: 'grey' | 'rgb' | 'palette';
  readonly alpha: boolean;
  /** Frames of an animated PNG; 1 for a plain one. */
  readonly frames: number;
  /** Content credentials, which sign the pixels as they are. */
  readonly signed: boolean;
  readonly chunks: readonly NativePiece[];
  /** Behind the last chunk. */
  readonly end: number;
}

const signatureBytes = 8;
/** Beyond this a file is made of chunks, not of pixels; the rest is not looked at. */
const mostChunks = 100_000;

/** @throws Refusal image-empty, image-damaged, format-unsupported */
export function readPng(bytes: Buffer): PngHeader {
  const { chunks, end } = readChunks(bytes);
  if (chunks[0]?.kind === 'CgBI') {
    throw new Refusal('format-unsupported', { kind: phrase('kind-png-iphone') });
  }
  const header = chunks[0];
  if (header?.kind !== 'IHDR' || header.data.length < 13) throw new Refusal('image-empty');
  const { data } = header;
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const colourType = data[9]!;
  if (![0, 2, 3, 4, 6].includes(colourType)) throw damaged('damage-colour-kind');
  if (width === 0 || height === 0) throw damaged('damage-no-pixels');
  const has = (kind: string) => chunks.some((chunk) => chunk.kind === kind);
  const animation = chunks.find(({ kind }) => kind === 'acTL');
  return {
    width,
    height,
    bitDepth: data[8]!,
    colour: colourType === 3 ? 'palette' : colourType === 2 || colourType === 6 ? 'rgb' : 'grey',
    alpha: colourType >= 4 || has('tRNS'),
    frames: animation && animation.data.length >= 4 ? Math.max(1, animation.data.readUInt32BE(0)) : 1,
    signed: has('caBX'),
    chunks,
    end,
  };
}

/** The chunks that are whole; pixel data only by name. */
function readChunks(bytes: Buffer): { chunks: NativePiece[]; end: number } {
  const chunks: NativePiece[] = [];
  let at = signatureBytes;
  while (at + 12 <= bytes.length && chunks.length < mostChunks) {
    const length = bytes.readUInt32BE(at);
    const kind = bytes.toString('latin1', at + 4, at + 8);
    if (kind === 'IEND') return { chunks, end: at + 12 };
    if (at + 12 + length > bytes.length) break;
    const pixels = kind === 'IDAT' || kind === 'fdAT';
    if (!pixels || chunks.at(-1)?.kind !== kind) {
      chunks.push({ kind, data: pixels ? Buffer.alloc(0) : bytes.subarray(at + 8, at + 8 + length) });
    }
    at += 12 + length;
  }
  return { chunks, end: bytes.length };
}

/** Chunks that still say the truth about a picture of the same kind of colour, cleaned. */
const keptChunks: ReadonlySet<string> = new Set([
  ...['sRGB', 'gAMA', 'cHRM', 'mDCV', 'cLLI', 'tEXt', 'zTXt', 'iTXt', 'tIME', 'sCAL', 'oFFs', 'pCAL'],
]);
/** Those of them that say what the numbers of the pixels mean. */
export const pngColourChunks: ReadonlySet<string> = new Set(['sRGB', 'gAMA', 'cHRM', 'mDCV', 'cLLI']);

/** White and the three colours of sRGB in hundred-thousandths, and its gamma. */
const sRgb = { cHRM: [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000], gAMA: [45455] };
/** Files are off by some rounding. */
const likeSRgb = 1500;

/** Whether pieces of a PNG say that its numbers mean something else than sRGB, which everybody assumes. */
export function saysOtherColour(native: readonly NativePiece[]): boolean {
  if (native.some(({ kind }) => kind === 'sRGB')) return false;
  return native.some(({ kind, data }) => {
    const usual = kind === 'cHRM' || kind === 'gAMA' ? sRgb[kind] : [];
    if (data.length < usual.length * 4) return false;
    return usual.some((value, index) => Math.abs(data.readUInt32BE(index * 4) - value) > likeSRgb);
  });
}

const xmpKeyword = 'XML:com.adobe.xmp\0';
/** XMP belongs into iTXt; the picture library and others write the older kinds. */
const textChunks: ReadonlySet<string> = new Set(['iTXt', 'zTXt', 'tEXt']);

export function pngMetadata(header: PngHeader): PictureMetadata {
  const problems: Phrase[] = [];
  const find = (kind: string) => header.chunks.find((chunk) => chunk.kind === kind)?.data;
  const xmpChunk = header.chunks.find(isXmp);
  return {
    ...noMetadata,
    exif: attempt(problems, 'EXIF', find('eXIf'), readExif),
    xmp: attempt(problems, 'XMP', xmpChunk, textContent),
    icc: attempt(problems, 'ICC', find('iCCP'), readProfile),
    coded: codedColour(find('cICP')),
    density: physicalSize(find('pHYs')),
    native: header.chunks.filter((chunk) => keptChunks.has(chunk.kind) && !isXmp(chunk)),
    problems,
  };
}

function isXmp({ kind, data }: NativePiece): boolean {
  return textChunks.has(kind) && data.toString('latin1', 0, xmpKeyword.length) === xmpKeyword;
}

/** The text after the keyword. In iTXt: flag, method, language, translated keyword, text. */
function textContent({ kind, data }: NativePiece): Buffer {
  if (kind === 'tEXt') return data.subarray(xmpKeyword.length);
  if (kind === 'zTXt') return inflated(data.subarray(xmpKeyword.length + 1));
  const compressed = data[xmpKeyword.length] === 1;
  const language = data.indexOf(0, xmpKeyword.length + 2);
  const keyword = language < 0 ? -1 : data.indexOf(0, language + 1);
  if (keyword < 0) throw damaged('damage-text-block');
  const text = data.subarray(keyword + 1);
  return compressed ? inflated(text) : text;
}

function readProfile(data: Buffer): Buffer {
  const name = data.indexOf(0);
  if (name < 0 || name > 80) throw damaged('damage-profile-not-one');
  const icc = inflated(data.subarray(name + 2));
  const problem = iccProblem(icc);
  if (problem) throw damaged(problem);
  return icc;
}

function inflated(data: Buffer): Buffer {
  try {
    return inflateSync(data, { maxOutputLength: largestBlock });
  } catch (cause) {
    throw damaged('damage-block', cause);
  }
}

/** More than EXIF can say in ten-thousandths of a centimetre, and than any picture has. */
const mostPerMetre = 4e7;

function physicalSize(data: Buffer | undefined): Density | null {
  if (!data || data.length < 9 || data[8] !== 1) return null;
  const [x, y] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  if (x === 0 || y === 0 || Math.max(x, y) > mostPerMetre) return null;
  // Mostly it was a whole number per inch before it was rounded to metres.
  const whole = [x, y].every((value) => Math.abs(value * 0.0254 - Math.round(value * 0.0254)) < 0.02);
  return whole
    ? { x: Math.round(x * 0.0254), y: Math.round(y * 0.0254), unit: 'inch' }
    : { x: x / 100, y: y / 100, unit: 'centimetre' };
}

function codedColour(data: Buffer | undefined): CodedColour | null {
  return data && data.length >= 4 ? unusualColour(data[0]!, data[1]!) : null;
}

/** What a PNG can hold beside its pixels. */
export interface PngExtras {
  /** From the byte order mark on. */
  readonly exif: Buffer | null;
  readonly xmp: Buffer | null;
  readonly icc: Buffer | null;
  readonly coded: CodedColour | null;
  readonly density: Density | null;
  readonly native: readonly NativePiece[];
}

/** A PNG of our encoder with what belongs around its pixels. Ancillary chunks of the encoder are dropped. */
export function assemblePng(encoded: Buffer, extras: PngExtras): Buffer {
  const headerEnd = signatureBytes + 25;
  const parts = [encoded.subarray(0, headerEnd)];
  // First, so that our mark is found in the head of the file. Keyword, uncompressed, no language, no translation.
  if (extras.xmp) parts.push(chunk('iTXt', Buffer.from(`${xmpKeyword}\0\0\0\0`, 'latin1'), extras.xmp));
  // Primaries and transfer; RGB without a matrix, in its full range.
  const { coded } = extras;
  if (coded) parts.push(chunk('cICP', Buffer.from([coded.primaries, coded.transfer, 0, 1])));
  if (extras.icc)
    parts.push(chunk('iCCP', Buffer.from('ICC Profile\0\0', 'latin1'), deflateSync(extras.icc)));
  const colour = extras.native.filter(({ kind }) => pngColourChunks.has(kind));
  const rest = extras.native.filter(({ kind }) => !pngColourChunks.has(kind));
  for (const { kind, data } of colour) parts.push(chunk(kind, data));
  if (extras.density) parts.push(chunk('pHYs', physicalBytes(extras.density)));
  if (extras.exif) parts.push(chunk('eXIf', extras.exif));
  for (const { kind, data } of rest) parts.push(chunk(kind, data));
  return Buffer.concat([...parts, ...pixelChunks(encoded, headerEnd)]);
}

/** The encoder's IDAT chunks and IEND, as they are. */
function pixelChunks(encoded: Buffer, from: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = from; at + 12 <= encoded.length;) {
    const end = at + 12 + encoded.readUInt32BE(at);
    const kind = encoded.toString('latin1', at + 4, at + 8);
    if (kind === 'IDAT' || kind === 'IEND') parts.push(encoded.subarray(at, end));
    at = end;
  }
  return parts;
}

function physicalBytes({ x, y, unit }: Density): Buffer {
  const perMetre = (value: number) => Math.round(unit === 'inch' ? value / 0.0254 : value * 100);
  const data = Buffer.alloc(9);
  data.writeUInt32BE(Math.min(perMetre(x), 0x7fffffff), 0);
  data.writeUInt32BE(Math.min(perMetre(y), 0x7fffffff), 4);
  data[8] = 1;
  return data;
}

function chunk(kind: string, ...data: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), ...data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length - 4);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** The file without anything but what decoding needs, for when its metadata stops the decoder. */
export function barePng(bytes: Buffer): Buffer {
  const parts = [bytes.subarray(0, signatureBytes)];
  for (let at = signatureBytes; at + 8 <= bytes.length;) {
    const end = at + 12 + bytes.readUInt32BE(at);
    // Critical chunks have a capital first letter; tRNS is part of the pixels.
    const kind = bytes.toString('latin1', at + 4, at + 8);
    if (/^[A-Z]/.test(kind) || kind === 'tRNS') parts.push(bytes.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}
