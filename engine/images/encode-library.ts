import sharp, { type Sharp } from 'sharp';
import { formatName } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { whiteOf, type Raster, type Samples } from '../../model/image.ts';
import { interleaved, onWhite } from './alpha.ts';
import { assembleAvif } from './avif.ts';
import type { DecodedPage } from './decode.ts';
import { roundedTo, toDepth } from './depth.ts';
import type { FormatWriter, WritePlan, Written } from './encode.ts';
import { inFileValues, isMultiplied, rangeNotice, unmultipliedRaster } from './page-values.ts';
import { assembleJpeg } from './jpeg.ts';
import { libraryReason } from './library-header.ts';
import type { OpenedImage } from './open.ts';
import { outgoingMetadata, type OutgoingMetadata } from './outgoing-metadata.ts';
import { assemblePng } from './png.ts';
import { Refusal } from './refusal.ts';
import { assembleWebp } from './webp.ts';

/** Writes JPEG, PNG, WebP and AVIF, which hold one page: the first. */
export function createLibraryWriter(image: OpenedImage, plan: WritePlan): FormatWriter {
  let written: Promise<Written> | null = null;
  return {
    add: async (page) => {
      written ??= encodePage(image, page, plan);
      await written;
    },
    finish: () => written ?? Promise.reject(new Error('a picture without pages')),
  };
}

async function encodePage(image: OpenedImage, page: DecodedPage, plan: WritePlan): Promise<Written> {
  const { format } = plan;
  const { width, height } = page.raster;
  refuseTooWide(format, width, height);
  const { raster, alpha } = pixelsFor(image, page, plan);
  const channels = format === 'webp' || format === 'avif' ? 3 : raster.channels;
  const encoded = await encodePixels(image, raster, alpha, plan);
  const { metadata: policy, ownMark } = plan.options;
  const thumbnail = (most: number) => previewOf(raster, most);
  const target = { format, width, height, channels, policy, ownMark, thumbnail } as const;
  const outgoing = await outgoingMetadata(image, target);
  const notices = [...outgoing.notices, ...rangeNotice(page, plan.bitDepth), ...alphaNotice(page, plan)];
  return { bytes: assemble(encoded, plan, outgoing), width, height, channels, pages: 1, notices };
}

/** JPEG has no alpha; the AVIF encoder compresses it like colour, where there is more than full opacity. */
function alphaNotice({ alpha }: DecodedPage, { format }: WritePlan): Notice[] {
  const details = { format: formatName[format] };
  if (!alpha || (format !== 'jpeg' && format !== 'avif')) return [];
  if (format === 'jpeg') return [{ code: 'alpha-lost', details }];
  return isOpaque(alpha) ? [] : [{ code: 'alpha-lossy', details }];
}

function isOpaque({ samples }: Raster): boolean {
  const white = whiteOf(samples);
  return samples.every((value) => value === white);
}

const widestSide: Readonly<Record<WritePlan['format'], number>> = {
  jpeg: 65_500,
  webp: 16_383,
  avif: 65_535,
  png: 2 ** 31 - 1,
  tiff: 2 ** 31 - 1,
};

function refuseTooWide(format: WritePlan['format'], width: number, height: number): void {
  const most = widestSide[format];
  if (Math.max(width, height) <= most) return;
  const sizes = { format: formatName[format], most, width, height };
  throw new Refusal('image-too-large', { reason: phrase('large-side', sizes) });
}

function pixelsFor(
  image: OpenedImage,
  page: DecodedPage,
  { format, bitDepth }: WritePlan,
): { raster: Raster; alpha: Raster | null } {
  const deep = (raster: Raster): Raster => ({ ...raster, samples: toDepth(raster.samples, bitDepth) });
  if (!page.alpha) return { raster: deep(inFileValues(page, bitDepth)), alpha: null };
  if (format !== 'jpeg') return { raster: deep(unmultipliedRaster(image, page)), alpha: deep(page.alpha) };
  const multiplied = isMultiplied(image, page);
  const flat = isOpaque(page.alpha) ? page.raster : onWhite(page.raster, page.alpha, multiplied);
  return { raster: deep(flat), alpha: null };
}

async function encodePixels(
  image: OpenedImage,
  raster: Raster,
  alpha: Raster | null,
  plan: WritePlan,
): Promise<Buffer> {
  const { width, height } = raster;
  const joined = alpha ? interleaved(raster, alpha) : raster.samples;
  const channels = (raster.channels + (alpha ? 1 : 0)) as 1 | 2 | 3 | 4;
  const samples = joined instanceof Uint16Array && plan.bits < 16 ? roundedTo(joined, plan.bits) : joined;
  const space = samples instanceof Uint16Array ? ['grey16', 'rgb16'] : ['b-w', 'srgb'];
  const pipeline = sharp(bytesOf(samples), {
    raw: { width, height, channels },
    limitInputPixels: false,
  }).toColourspace(space[raster.channels === 1 ? 0 : 1]);
  return await inFormat(pipeline, image, plan)
    .toBuffer()
    .catch((cause: unknown) => {
      throw new Refusal('output-unwritable', { reason: libraryReason(cause) }, { cause });
    });
}

/** Samples of 16 bits go in as they are; a view of bytes would be taken for 8. */
function bytesOf(samples: Samples): Uint8Array | Uint16Array {
  if (samples instanceof Float32Array) throw new TypeError('float samples are only written to TIFF');
  return samples;
}

function inFormat(pipeline: Sharp, { header }: OpenedImage, { format, bits, options }: WritePlan): Sharp {
  const { quality } = options;
  switch (format) {
    case 'jpeg':
      // The usual Huffman tables: 8 % larger than tables made for the picture, in a third of the time.
      return pipeline.jpeg({
        quality,
        chromaSubsampling: header.jpeg?.subsampled ? '4:2:0' : '4:4:4',
        optimiseCoding: false,
      });
    case 'png':
      return pipeline.png({ compressionLevel: 6, adaptiveFiltering: true });
    case 'webp':
      // Without `exact`, colour under full transparency is thrown away.
      return header.webp?.lossless
        ? pipeline.webp({ lossless: true, exact: true, quality: 20, effort: 2 })
        : pipeline.webp({ quality, alphaQuality: 100, exact: true, effort: 2 });
    case 'avif':
      // Less effort costs 1 % in size; more costs minutes.
      return pipeline.avif({ quality, effort: 0, chromaSubsampling: '4:4:4', bitdepth: bits as 8 | 10 | 12 });
    case 'tiff':
      throw new TypeError('TIFF has a writer of its own');
  }
}

function assemble(encoded: Buffer, { format }: WritePlan, outgoing: OutgoingMetadata): Buffer {
  switch (format) {
    case 'jpeg':
      return assembleJpeg(encoded, outgoing);
    case 'png':
      return assemblePng(encoded, outgoing);
    case 'webp':
      return assembleWebp(encoded, outgoing);
    case 'avif':
      return assembleAvif(encoded, outgoing);
    case 'tiff':
      throw new TypeError('TIFF has a writer of its own');
  }
}

const previewSide = 160;

/** A small JPEG of the result, for EXIF. */
async function previewOf(raster: Raster, mostBytes: number): Promise<Buffer | null> {
  const { width, height, channels, samples } = raster;
  const deep = samples instanceof Uint16Array;
  const small = await sharp(bytesOf(samples), { raw: { width, height, channels }, limitInputPixels: false })
    .toColourspace(deep ? (channels === 1 ? 'grey16' : 'rgb16') : channels === 1 ? 'b-w' : 'srgb')
    .resize(previewSide, previewSide, { fit: 'inside', withoutEnlargement: true })
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { data, info } = small;
  const values = deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : new Uint8Array(data);
  const preview = { raw: { width: info.width, height: info.height, channels } };
  for (const quality of [85, 70, 50, 30]) {
    const jpeg = await sharp(bytesOf(toDepth(values, 8)), preview)
      .jpeg({ quality })
      .toBuffer();
    if (jpeg.length <= mostBytes) return jpeg;
  }
  return null;
}
