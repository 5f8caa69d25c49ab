import type { Phrase } from '../../contract/texts/fill-in.ts';
import type { PhraseKey } from '../../contract/texts/phrases-en.ts';
import type { ExifBlock } from './exif.ts';

/** Pixels per unit of length. */
export interface Density {
  readonly x: number;
  readonly y: number;
  readonly unit: 'inch' | 'centimetre';
}

/** Colour as numbers of ITU-T H.273, where a file says it so and it is not the usual sRGB. */
export interface CodedColour {
  readonly primaries: number;
  readonly transfer: number;
}

/** A piece of a file that is kept only when the result has the same format, such as a comment of a JPEG. */
export interface NativePiece {
  /** JPEG: marker; PNG: chunk name. */
  readonly kind: string;
  /** The piece's content, without marker, length or checksum. */
  readonly data: Buffer;
}

/** What a file says beside its pixels, taken out of its container. */
export interface PictureMetadata {
  readonly exif: ExifBlock | null;
  readonly xmp: Buffer | null;
  /** Chunks of a JPEG's extended XMP, which only a JPEG can hold. */
  readonly xmpExtended: readonly Buffer[];
  readonly icc: Buffer | null;
  readonly coded: CodedColour | null;
  /** IPTC (IIM) data. */
  readonly iptc: Buffer | null;
  readonly density: Density | null;
  readonly native: readonly NativePiece[];
  /** What was broken and left out. */
  readonly problems: readonly Phrase[];
}

export const noMetadata: PictureMetadata = {
  exif: null,
  xmp: null,
  xmpExtended: [],
  icc: null,
  coded: null,
  iptc: null,
  density: null,
  native: [],
  problems: [],
};

/** Larger than this, a profile or a packet is an attack or a mistake. */
export const largestBlock = 16 * 2 ** 20;

/** Why a colour profile is not one (ICC.1:2022, 7.2); null when it may be kept. */
export function iccProblem(icc: Buffer): PhraseKey | null {
  if (icc.length < 132 || icc.toString('latin1', 36, 40) !== 'acsp') return 'damage-profile-not-one';
  const declared = icc.readUInt32BE(0);
  if (declared > icc.length || declared < 132) return 'damage-profile-cut';
  if (icc.length > largestBlock) return 'damage-block';
  return null;
}

/** `RGB `, `GRAY`, `CMYK`, `Lab ` …: what a profile's numbers mean. */
export function iccSpace(icc: Buffer): string {
  return icc.toString('latin1', 16, 20);
}

/** The numbers when they say something else than sRGB, which everybody assumes anyway. */
export function unusualColour(primaries: number, transfer: number): CodedColour | null {
  const usual = (primaries === 1 || primaries === 2) && [1, 2, 13].includes(transfer);
  return usual ? null : { primaries, transfer };
}
