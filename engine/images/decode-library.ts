import sharp, { type OutputInfo } from 'sharp';
import type { Notice } from '../../contract/notice.ts';
import type { Raster, Samples } from '../../model/image.ts';
import { unmultiplied } from './alpha.ts';
import { asStill } from './avif.ts';
import type { Decoded } from './decode.ts';
import { bareJpeg } from './jpeg.ts';
import { libraryReason } from './library-header.ts';
import { uprightSize, type OpenedImage } from './open.ts';
import { turnOf } from './orientation.ts';
import type { PageHeader } from './picture-header.ts';
import { barePng } from './png.ts';
import { damaged } from './refusal.ts';
import { bareWebp } from './webp.ts';

type Strictness = 'warning' | 'error' | 'none';

/** One page through the picture library, turned upright by what our own reading of the header says. */
export async function decodeWithLibrary(image: OpenedImage, page: number): Promise<Decoded> {
  const { raw, notices } = await decodeLeniently(image, page);
  const header = image.header.pages[page]!;
  const { width, height } = raw.info;
  const expected = uprightSize(header);
  if (width !== expected.width || height !== expected.height) {
    throw damaged('damage-size-differs');
  }
  const { colour, alpha } = splitAlpha(samplesOf(raw.data, header), raw.info.channels, header.channels);
  // A profile in CMYK or Lab may leave an alpha channel that the header did not announce, never the reverse.
  if (header.storedBits > 8 && header.storedBits < 16) {
    spread(colour, header.storedBits);
    if (alpha) spread(alpha, header.storedBits);
  }
  const raster: Raster = { width, height, channels: header.channels, samples: colour };
  if (!alpha) return { raster, alpha: null, notices };
  const opacity: Raster = { width, height, channels: 1, samples: alpha };
  const apart = image.header.avif?.premultiplied ? unmultiplied(raster, opacity) : raster;
  return { raster: apart, alpha: opacity, notices };
}

interface RawPixels {
  readonly data: Buffer;
  readonly info: OutputInfo;
}

/** Strictly first; then without the metadata, if that was what failed; then, when asked, as far as it goes. */
async function decodeLeniently(
  image: OpenedImage,
  page: number,
): Promise<{ raw: RawPixels; notices: Notice[] }> {
  try {
    return { raw: await decodeRaw(image.bytes, image, page, 'warning'), notices: [] };
  } catch (thrown) {
    const reason = libraryReason(thrown);
    const bare = withoutMetadata(image);
    const raw = bare && (await decodeRaw(bare, image, page, 'warning').catch(() => null));
    if (raw) return { raw, notices: [{ code: 'metadata-broken', details: { reason } }] };
    if (!image.salvage) throw damaged(reason, thrown);
    const salvaged: Notice = { code: 'damaged-salvaged', details: {} };
    const gentle = await decodeRaw(image.bytes, image, page, 'error').catch(() => null);
    if (gentle) return { raw: gentle, notices: [salvaged] };
    const rest = await decodeRaw(image.bytes, image, page, 'none').catch((cause: unknown) => {
      throw damaged(libraryReason(cause), cause);
    });
    return { raw: rest, notices: [salvaged] };
  }
}

function withoutMetadata({ bytes, header }: OpenedImage): Buffer | null {
  switch (header.format) {
    case 'jpeg':
      return bareJpeg(bytes);
    case 'png':
      return barePng(bytes);
    case 'webp':
      return bareWebp(bytes);
    case 'tiff':
    case 'avif':
    case 'gif':
      return null;
  }
}

async function decodeRaw(
  bytes: Buffer,
  { header }: OpenedImage,
  page: number,
  failOn: Strictness,
): Promise<RawPixels> {
  const pageHeader = header.pages[page]!;
  const { degrees, mirror } = turnOf(pageHeader.orientation);
  const deep = pageHeader.bitDepth === 16;
  // Size and time were judged from the header. A profile is used only where there is no colour without it.
  return await sharp(header.format === 'avif' ? asStill(bytes) : bytes, {
    ignoreIcc: pageHeader.converted !== 'CMYK',
    page: header.tiff?.pages[page]?.index ?? header.avif?.primary ?? 0,
    failOn,
    limitInputPixels: false,
  })
    .flop(mirror)
    .rotate(degrees)
    .toColourspace(colourSpace(pageHeader))
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
}

/** Grey with alpha and 8 bits goes by way of RGB: asked for grey alone, the library drops the alpha. */
function colourSpace({ bitDepth, channels, alpha }: PageHeader): string {
  if (bitDepth === 16) return channels === 1 ? 'grey16' : 'rgb16';
  return channels === 1 && !alpha ? 'b-w' : 'srgb';
}

function samplesOf(data: Buffer, { bitDepth }: PageHeader): Samples {
  if (bitDepth === 16) return new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

/**
 * Colour and alpha apart. Works within the given array: colour moves towards its start, and only alpha takes
 * new memory. `wanted` is 1 where RGB holds a grey picture.
 */
function splitAlpha(
  samples: Samples,
  stored: number,
  wanted: 1 | 3,
): { colour: Samples; alpha: Samples | null } {
  if (stored === wanted) return { colour: samples, alpha: null };
  const pixels = samples.length / stored;
  const hasAlpha = stored === 2 || stored === 4;
  const alpha = hasAlpha ? samples.slice(0, pixels) : null;
  const last = stored - 1;
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel++, from += stored, to += wanted) {
    if (alpha) alpha[pixel] = samples[from + last]!;
    samples[to] = samples[from]!;
    if (wanted === 3) {
      samples[to + 1] = samples[from + 1]!;
      samples[to + 2] = samples[from + 2]!;
    }
  }
  return { colour: samples.subarray(0, pixels * wanted), alpha };
}

/** 10- and 12-bit samples, which the library shifts up, spread over all 16 bits so that white is white. */
function spread(samples: Samples, bits: number): void {
  const shift = 16 - bits;
  const scale = 65535 / (2 ** bits - 1);
  for (let at = 0; at < samples.length; at++) samples[at] = Math.round((samples[at]! >> shift) * scale);
}
