import type { BitDepth, SourceFormat } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import type { Phrase } from '../../contract/texts/fill-in.ts';
import { appendedLeftOut } from './appended.ts';
import { asStill, codedColour, countFrames, isPremultiplied, isSignedAvif } from './avif.ts';
import { orientationOf, readExif } from './exif.ts';
import { attempt } from './attempt.ts';
import { readGif } from './gif.ts';
import { furtherPictures, isSigned, jpegMetadata, readJpeg } from './jpeg.ts';
import { libraryHeader } from './library-header.ts';
import { mostPixels } from './memory.ts';
import { iccProblem, noMetadata, type PictureMetadata } from './picture-metadata.ts';
import { pngMetadata, readPng } from './png.ts';
import { sniffFormat } from './sniff.ts';
import { readTiff, type TiffFile } from './tiff-file.ts';
import { tiffMetadata } from './tiff-metadata.ts';
import { tiffTag } from './tiff-tags.ts';
import { readWebp, webpMetadata } from './webp.ts';

/** One picture of a file, as its header describes it. */
export interface PageHeader {
  /** Size as stored, before turning upright. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation still to be applied, 1 to 8. */
  readonly orientation: number;
  /** What it decodes to: CMYK and Lab come out as RGB. */
  readonly channels: 1 | 3;
  readonly alpha: boolean;
  readonly bitDepth: BitDepth;
  /** Bits a sample in the file, where they differ from `bitDepth`. */
  readonly storedBits: number;
  /** Colour that has to be converted through its profile. */
  readonly converted: 'CMYK' | 'Lab' | null;
}

/** What a file is, read from its bytes without decoding a pixel. */
export interface PictureHeader {
  readonly format: SourceFormat;
  readonly pages: readonly PageHeader[];
  readonly metadata: PictureMetadata;
  /** What a result made from this file has to say about what it leaves out. */
  readonly losses: readonly Notice[];
  /** Passes over the whole picture that decoding takes at most. */
  readonly scans: number;
  readonly tiff: TiffFile | null;
  readonly jpeg: { readonly subsampled: boolean } | null;
  readonly webp: { readonly lossless: boolean } | null;
  /** `primary`: which of the pictures in the file is the one to show; `premultiplied`: alpha is part of its colour. */
  readonly avif: { readonly primary: number; readonly premultiplied: boolean } | null;
}

const plainHeader = { scans: 1, tiff: null, jpeg: null, webp: null, avif: null };

/** @throws Refusal for anything that is not a picture that can be read */
export async function readHeader(bytes: Buffer): Promise<PictureHeader> {
  const format = sniffFormat(bytes);
  switch (format) {
    case 'jpeg':
      return jpegPicture(bytes);
    case 'png':
      return pngPicture(bytes);
    case 'tiff':
      return tiffPicture(bytes);
    case 'webp':
      return webpPicture(bytes);
    case 'avif':
      return await avifPicture(bytes);
    case 'gif':
      return await gifPicture(bytes);
  }
}

function jpegPicture(bytes: Buffer): PictureHeader {
  const header = readJpeg(bytes);
  const metadata = jpegMetadata(header);
  const cmyk = header.components === 4;
  const further = furtherPictures(header);
  const page = {
    width: header.width,
    height: header.height,
    orientation: orientationOf(metadata.exif?.tree.main ?? []),
    channels: header.components === 1 ? 1 : 3,
    alpha: false,
    bitDepth: 8,
    storedBits: 8,
    converted: cmyk ? 'CMYK' : null,
  } as const;
  const losses: Notice[] = [
    ...(cmyk ? [conversion('CMYK')] : []),
    ...(further > 0 ? [{ code: 'pages-not-kept', details: { count: further } } as const] : []),
    ...(isSigned(header) ? [signatureLost] : []),
    // Of pictures behind it that are listed it is said how many.
    ...(further === 0 || bytes.includes('ftyp', header.end, 'latin1')
      ? appendedLeftOut(bytes, header.end)
      : []),
  ];
  const jpeg = { subsampled: header.subsampled };
  return { ...plainHeader, format: 'jpeg', pages: [page], metadata, losses, scans: header.scans, jpeg };
}

const signatureLost: Notice = { code: 'signature-lost', details: {} };

function conversion(source: 'CMYK' | 'Lab'): Notice {
  return { code: 'colour-converted', details: { source, written: 'RGB' } };
}

function framesLost(frames: number): Notice[] {
  return frames > 1 ? [{ code: 'first-frame-only', details: { frames } }] : [];
}

function pngPicture(bytes: Buffer): PictureHeader {
  const header = readPng(bytes);
  const metadata = pngMetadata(header);
  const bitDepth = header.bitDepth === 16 ? 16 : 8;
  const page = {
    width: header.width,
    height: header.height,
    orientation: orientationOf(metadata.exif?.tree.main ?? []),
    channels: header.colour === 'grey' ? 1 : 3,
    alpha: header.alpha,
    bitDepth,
    storedBits: header.colour === 'palette' ? 8 : header.bitDepth,
    converted: null,
  } as const;
  const losses: Notice[] = [
    ...framesLost(header.frames),
    ...(header.colour === 'palette' ? [paletteExpanded] : []),
    ...(header.signed ? [signatureLost] : []),
    ...appendedLeftOut(bytes, header.end),
  ];
  return { ...plainHeader, format: 'png', pages: [page], metadata, losses };
}

const layersLeftOut: Notice = { code: 'layers-left-out', details: {} };

const takenForAlpha: Notice = { code: 'extra-as-alpha', details: {} };

const paletteExpanded: Notice = { code: 'palette-expanded', details: {} };

function webpPicture(bytes: Buffer): PictureHeader {
  const header = readWebp(bytes);
  const metadata = webpMetadata(header);
  const page = {
    width: header.width,
    height: header.height,
    orientation: orientationOf(metadata.exif?.tree.main ?? []),
    channels: 3,
    alpha: header.alpha,
    bitDepth: 8,
    storedBits: 8,
    converted: null,
  } as const;
  const losses = [
    ...framesLost(header.frames),
    ...(header.signed ? [signatureLost] : []),
    ...appendedLeftOut(bytes, header.end),
  ];
  const webp = { lossless: header.lossless };
  return { ...plainHeader, format: 'webp', pages: [page], metadata, losses, webp };
}

/** The library turns AVIF upright by its own properties, so no orientation is left to apply. */
async function avifPicture(bytes: Buffer): Promise<PictureHeader> {
  const header = await libraryHeader(asStill(bytes));
  const problems: Phrase[] = [];
  const metadata = {
    ...noMetadata,
    exif: attempt(problems, 'EXIF', header.exif, readExif),
    xmp: header.xmp,
    icc: header.icc && iccProblem(header.icc) === null ? header.icc : null,
    coded: codedColour(bytes),
    problems,
  };
  const page = {
    width: header.width,
    height: header.height,
    orientation: 1,
    channels: header.channels,
    alpha: header.alpha,
    bitDepth: header.bits > 8 ? 16 : 8,
    storedBits: header.bits,
    converted: null,
  } as const;
  const avif = { primary: header.primary, premultiplied: isPremultiplied(bytes) };
  const frames = Math.max(header.pages, countFrames(bytes));
  const losses = [...framesLost(frames), ...(isSignedAvif(bytes) ? [signatureLost] : [])];
  return { ...plainHeader, format: 'avif', pages: [page], metadata, losses, avif };
}

async function gifPicture(bytes: Buffer): Promise<PictureHeader> {
  const { frames, end, ...screen } = readGif(bytes);
  const { channels, alpha, ...drawn } = await libraryHeader(bytes);
  // A first frame larger than the screen that the file speaks of makes it larger; a screen beyond sense is not made.
  const { width, height } = screen.width * screen.height > mostPixels ? screen : drawn;
  const page = {
    width,
    height,
    orientation: 1,
    channels,
    alpha,
    bitDepth: 8,
    storedBits: 8,
    converted: null,
  } as const;
  const losses = [...framesLost(frames), ...appendedLeftOut(bytes, end)];
  return { ...plainHeader, format: 'gif', pages: [page], metadata: noMetadata, losses };
}

function tiffPicture(bytes: Buffer): PictureHeader {
  const tiff = readTiff(bytes);
  const pages = tiff.pages.map((page): PageHeader => {
    const converted = page.colour === 'cmyk' ? 'CMYK' : page.colour === 'lab' ? 'Lab' : null;
    const grey = page.colour === 'grey' || page.colour === 'mask';
    const bitDepth = page.float ? 32 : page.bits === 16 && page.colour !== 'palette' ? 16 : 8;
    return {
      width: page.width,
      height: page.height,
      orientation: page.orientation,
      channels: grey ? 1 : 3,
      alpha: page.extra !== null,
      bitDepth,
      storedBits: page.colour === 'palette' ? 8 : page.bits,
      converted,
    };
  });
  const has = (tag: number) => tiff.pages.some(({ entries }) => entries.has(tag));
  const converted = pages.find((page) => page.converted)?.converted;
  const losses: Notice[] = [
    ...(converted ? [conversion(converted)] : []),
    ...(tiff.pages.some(({ colour }) => colour === 'palette') ? [paletteExpanded] : []),
    ...(tiff.pages.some(({ extra }) => extra === 'unspecified') ? [takenForAlpha] : []),
    ...(has(tiffTag.layers) ? [layersLeftOut] : []),
    ...(has(tiffTag.credentials) ? [signatureLost] : []),
    ...(tiff.leftOut > 0 ? [{ code: 'pages-not-kept', details: { count: tiff.leftOut } } as const] : []),
  ];
  return { ...plainHeader, format: 'tiff', pages, metadata: tiffMetadata(tiff), losses, tiff };
}
