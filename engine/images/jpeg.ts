import { type Phrase, phrase } from '../../contract/texts/fill-in.ts';
import { attempt } from './attempt.ts';
import { readExif } from './exif.ts';
import { resourceBlock, withoutPreviews, iptcOf } from './photoshop.ts';
import {
  iccProblem,
  noMetadata,
  type Density,
  type NativePiece,
  type PictureMetadata,
} from './picture-metadata.ts';
import { damaged, Refusal, unsupportedLayout } from './refusal.ts';

/** A JPEG's header (ITU-T T.81, Annex B), read without decoding. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly progressive: boolean;
  /** False when brightness and colour are stored at the same resolution (4:4:4). */
  readonly subsampled: boolean;
  /** At most this many passes over the whole picture have to be decoded. */
  readonly scans: number;
  /** Where the picture ends; phones put films and further pictures behind it. */
  readonly end: number;
  readonly segments: readonly JpegSegment[];
}

interface JpegSegment {
  /** Second byte of the marker. */
  readonly marker: number;
  readonly data: Buffer;
}

const startOfScan = 0xda;
const endOfImage = 0xd9;

/** @throws Refusal image-damaged, image-layout-unsupported, format-unsupported */
export function readJpeg(bytes: Buffer): JpegHeader {
  const { segments, scanAt } = readSegments(bytes);
  const { scans, end } = readScans(bytes, scanAt);
  const frame = segments.find(({ marker }) => isFrame(marker));
  if (!frame || frame.data.length < 6) {
    throw bytes.length < 1024 ? new Refusal('image-empty') : damaged('damage-frame-header-missing');
  }
  refuseUnknownProcess(frame.marker);
  const [precision, components] = [frame.data[0]!, frame.data[5]!];
  if (precision !== 8) throw unsupportedLayout('layout-jpeg-bits', { bits: precision });
  if (components !== 1 && components !== 3 && components !== 4) {
    throw unsupportedLayout('layout-jpeg-components', { count: components });
  }
  if (frame.data.length < 6 + components * 3) throw damaged('damage-frame-header-cut');
  const sampling = Array.from({ length: components }, (_, index) => frame.data[7 + index * 3]!);
  return {
    width: frame.data.readUInt16BE(3),
    height: frame.data.readUInt16BE(1),
    components,
    progressive: frame.marker === 0xc2 || frame.marker === 0xca,
    subsampled: sampling.some((factor) => factor !== sampling[0]),
    scans,
    end,
    segments,
  };
}

/** SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC), which share the row. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function refuseUnknownProcess(marker: number): void {
  if (marker === 0xc3 || marker === 0xcb) {
    throw new Refusal('format-unsupported', { kind: phrase('kind-jpeg-lossless') });
  }
  const hierarchical = (marker >= 0xc5 && marker <= 0xc7) || marker >= 0xcd;
  if (hierarchical) throw new Refusal('format-unsupported', { kind: phrase('kind-jpeg-hierarchical') });
}

/** Beyond this a file is made of segments, not of pixels; the rest is not kept. */
const mostSegments = 50_000;

/** The marker segments up to the first scan. What is not a marker is passed over, as decoders do. */
function readSegments(bytes: Buffer): { segments: JpegSegment[]; scanAt: number } {
  const segments: JpegSegment[] = [];
  let at = 2;
  while (at < bytes.length) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) break;
    const marker = bytes[at + 1];
    if (marker === undefined || marker === startOfScan || marker === endOfImage) break;
    if (marker === 0xff) at = lastOfFill(bytes, at);
    else if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else {
      if (at + 4 > bytes.length) break;
      const length = bytes.readUInt16BE(at + 2);
      if (length < 2) {
        at += 2;
        continue;
      }
      const data = bytes.subarray(at + 4, at + 2 + length);
      if (segments.length < mostSegments) segments.push({ marker, data });
      at += 2 + length;
    }
  }
  return { segments, scanAt: at < 0 ? bytes.length : at };
}

/**
 * Walks from the first scan to the end of the picture as decoders do. What stands behind that is no part of it: in a film
 * the bytes of a scan's marker turn up by chance.
 */
function readScans(bytes: Buffer, scanAt: number): { scans: number; end: number } {
  let [at, scans] = [scanAt, 0];
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) {
      at++;
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker === endOfImage) return { scans, end: at + 2 };
    if (marker === startOfScan) scans++;
    if (marker === 0xff) at = lastOfFill(bytes, at);
    else if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (at + 4 > bytes.length) break;
    else at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  return { scans, end: bytes.length };
}

/** A marker may have any number of bytes FF before its own: the place of the last. */
function lastOfFill(bytes: Buffer, at: number): number {
  while (bytes[at + 1] === 0xff) at++;
  return at;
}

const exifHead = 'Exif\0\0';
const xmpHead = 'http://ns.adobe.com/xap/1.0/\0';
const xmpExtensionHead = 'http://ns.adobe.com/xmp/extension/\0';
const iccHead = 'ICC_PROFILE\0';
const photoshopHead = 'Photoshop 3.0\0';

function contentOf(header: JpegHeader, marker: number, head: string): Buffer[] {
  return header.segments
    .filter(
      (segment) => segment.marker === marker && segment.data.toString('latin1', 0, head.length) === head,
    )
    .map(({ data }) => data.subarray(head.length));
}

/** How many further pictures (gain maps, depth maps, previews) the file lists (CIPA DC-007). */
export function furtherPictures(header: JpegHeader): number {
  const index = contentOf(header, 0xe2, 'MPF\0')[0];
  if (!index || index.length < 10) return 0;
  const little = index.toString('latin1', 0, 2) === 'II';
  const table = little ? index.readUInt32LE(4) : index.readUInt32BE(4);
  for (let at = table + 2; at + 12 <= index.length; at += 12) {
    if ((little ? index.readUInt16LE(at) : index.readUInt16BE(at)) !== 0xb001) continue;
    return Math.max(0, (little ? index.readUInt32LE(at + 8) : index.readUInt32BE(at + 8)) - 1);
  }
  return 0;
}

/** Whether the file carries content credentials (C2PA in JUMBF boxes), which sign the pixels as they are. */
export function isSigned(header: JpegHeader): boolean {
  return header.segments.some(
    ({ marker, data }) => marker === 0xeb && data.toString('latin1', 0, 2) === 'JP',
  );
}

export function jpegMetadata(header: JpegHeader): PictureMetadata {
  const problems: Phrase[] = [];
  const photoshop = contentOf(header, 0xed, photoshopHead);
  return {
    ...noMetadata,
    exif: attempt(problems, 'EXIF', contentOf(header, 0xe1, exifHead)[0], readExif),
    xmp: contentOf(header, 0xe1, xmpHead)[0] ?? null,
    xmpExtended: contentOf(header, 0xe1, xmpExtensionHead),
    icc: attempt(problems, 'ICC', contentOf(header, 0xe2, iccHead), joinIcc),
    iptc: photoshop.length > 0 ? iptcOf(Buffer.concat(photoshop)) : null,
    density: jfifDensity(header),
    native: nativePieces(header, photoshop),
    problems,
  };
}

/** A profile in up to 255 numbered pieces (ICC.1:2022, B.4). */
function joinIcc(pieces: readonly Buffer[]): Buffer | null {
  if (pieces.length === 0) return null;
  const count = pieces[0]![1];
  const sorted = [...pieces].filter((piece) => piece.length > 2).sort((a, b) => a[0]! - b[0]!);
  const whole = sorted.length === count && sorted.every((piece, index) => piece[0] === index + 1);
  if (!whole) throw damaged('damage-profile-pieces');
  const icc = Buffer.concat(sorted.map((piece) => piece.subarray(2)));
  const problem = iccProblem(icc);
  if (problem) throw damaged(problem);
  return icc;
}

function jfifDensity(header: JpegHeader): Density | null {
  const jfif = contentOf(header, 0xe0, 'JFIF\0')[0];
  if (!jfif || jfif.length < 7) return null;
  const [unit, x, y] = [jfif[2]!, jfif.readUInt16BE(3), jfif.readUInt16BE(5)];
  if ((unit !== 1 && unit !== 2) || x === 0 || y === 0) return null;
  return { x, y, unit: unit === 1 ? 'inch' : 'centimetre' };
}

/** Segments that mean nothing outside JPEG: comments, Photoshop's resources, what makers put into APPn. */
function nativePieces(header: JpegHeader, photoshop: readonly Buffer[]): NativePiece[] {
  const pieces: NativePiece[] = [];
  if (photoshop.length > 0) {
    pieces.push({ kind: 'photoshop', data: withoutPreviews(Buffer.concat(photoshop)) });
  }
  for (const { marker, data } of header.segments) {
    const start = data.toString('latin1', 0, 40);
    const comment = marker === 0xfe;
    const makers = marker >= 0xe1 && marker <= 0xef && marker !== 0xeb && marker !== 0xee;
    const handled = [exifHead, xmpHead, xmpExtensionHead, iccHead, photoshopHead, 'MPF\0'].some((head) =>
      start.startsWith(head),
    );
    // APP11 signs the old pixels, APP14 describes the old encoding, MPF points to pictures left behind.
    if (comment || (makers && !handled)) pieces.push({ kind: marker.toString(16), data });
  }
  return pieces;
}

/** What a JPEG can hold beside its pixels. */
export interface JpegExtras {
  /** From the byte order mark on. */
  readonly exif: Buffer | null;
  readonly xmp: Buffer | null;
  readonly xmpExtended: readonly Buffer[];
  readonly icc: Buffer | null;
  readonly iptc: Buffer | null;
  readonly density: Density | null;
  readonly native: readonly NativePiece[];
}

/** The most a segment can hold beside its own length. */
const segmentLimit = 65533;
export const jpegExifLimit = segmentLimit - exifHead.length;
export const jpegXmpLimit = segmentLimit - xmpHead.length;

/** A JPEG of our encoder with what belongs around its pixels. Other application segments of it are dropped. */
export function assembleJpeg(encoded: Buffer, extras: JpegExtras): Buffer {
  const parts = [Buffer.from([0xff, 0xd8]), jfifSegment(extras.density)];
  if (extras.exif) parts.push(segment(0xe1, exifHead, extras.exif));
  if (extras.xmp) parts.push(segment(0xe1, xmpHead, extras.xmp));
  for (const chunk of extras.xmpExtended) parts.push(segment(0xe1, xmpExtensionHead, chunk));
  if (extras.icc) parts.push(...iccSegments(extras.icc));
  const photoshop = extras.native.find(({ kind }) => kind === 'photoshop')?.data;
  const resources = photoshop ?? (extras.iptc ? resourceBlock(extras.iptc) : null);
  if (resources && resources.length > 0) parts.push(...split(resources, photoshopHead, 0xed));
  for (const { kind, data } of extras.native) {
    if (kind !== 'photoshop') parts.push(segment(parseInt(kind, 16), '', data));
  }
  return Buffer.concat([...parts, ...withoutApplicationSegments(encoded)]);
}

function segment(marker: number, head: string, data: Buffer): Buffer {
  const start = Buffer.from(`\xff\0\0\0${head}`, 'latin1');
  start[1] = marker;
  start.writeUInt16BE(2 + head.length + data.length, 2);
  return Buffer.concat([start, data]);
}

function jfifSegment(density: Density | null): Buffer {
  const data = Buffer.from('\x01\x02\0\0\x01\0\x01\0\0', 'latin1');
  if (density && Math.max(density.x, density.y) <= 0xffff) {
    data[2] = density.unit === 'inch' ? 1 : 2;
    data.writeUInt16BE(Math.max(1, Math.round(density.x)), 3);
    data.writeUInt16BE(Math.max(1, Math.round(density.y)), 5);
  }
  return segment(0xe0, 'JFIF\0', data);
}

function iccSegments(icc: Buffer): Buffer[] {
  const size = segmentLimit - iccHead.length - 2;
  const count = Math.ceil(icc.length / size);
  return Array.from({ length: count }, (_, index) => {
    const piece = icc.subarray(index * size, (index + 1) * size);
    return segment(0xe2, iccHead, Buffer.concat([Buffer.from([index + 1, count]), piece]));
  });
}

function split(data: Buffer, head: string, marker: number): Buffer[] {
  const size = segmentLimit - head.length;
  const count = Math.ceil(data.length / size);
  return Array.from({ length: count }, (_, index) =>
    segment(marker, head, data.subarray(index * size, (index + 1) * size)),
  );
}

/** The rest of an encoder's output, from the tables on: the pixels' own segments and scans. */
function withoutApplicationSegments(encoded: Buffer): Buffer[] {
  let at = 2;
  while (encoded[at] === 0xff && encoded[at + 1]! >= 0xe0 && encoded[at + 1]! <= 0xef) {
    at += 2 + encoded.readUInt16BE(at + 2);
  }
  return [encoded.subarray(at)];
}

/** The largest profile that 255 segments can hold. */
export const jpegIccLimit = 255 * (segmentLimit - iccHead.length - 2);

/** The file without anything but what decoding needs, for when its metadata stops the decoder. */
export function bareJpeg(bytes: Buffer): Buffer {
  const { segments, scanAt } = readSegments(bytes);
  const needed = segments.filter(({ marker, data }) => {
    const adobe = marker === 0xee && data.toString('latin1', 0, 5) === 'Adobe';
    return adobe || marker < 0xe0 || (marker > 0xef && marker !== 0xfe);
  });
  const parts = needed.map(({ marker, data }) => segment(marker, '', data));
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...parts, bytes.subarray(scanAt)]);
}
