import sharp from 'sharp';
import { interleaved, unmultiplied } from '../images/alpha.ts';
import type { Raster } from '../../model/image.ts';
import { toDepth } from '../images/depth.ts';
import type { OpenedImage } from '../images/open.ts';
import { iccSpace, type CodedColour, type NativePiece } from '../images/picture-metadata.ts';
import { assemblePng, pngColourChunks } from '../images/png.ts';

/** What the numbers of a picture's pixels mean, as far as a PNG can say it. */
export interface PngColour {
  readonly icc: Buffer | null;
  readonly coded: CodedColour | null;
  readonly native: readonly NativePiece[];
}

/** Copies, because what was read lies inside the bytes of the whole file. */
export function pngColourOf({ header }: OpenedImage): PngColour {
  const { icc, coded, native } = header.metadata;
  // What was converted on reading is sRGB now, whatever the profile said.
  if (header.pages.some(({ converted }) => converted !== null)) return { icc: null, coded: null, native: [] };
  const own = header.format === 'png' ? native.filter(({ kind }) => pngColourChunks.has(kind)) : [];
  return {
    icc: icc && Buffer.from(icc),
    coded,
    native: own.map(({ kind, data }) => ({ kind, data: Buffer.from(data) })),
  };
}

/**
 * Encodes pixels for looking at: 8 bit, rounded to the nearest level, with the colour profile they had and alpha
 * beside the colour. Compressed as little as pays: it is read once, by a window on the same machine.
 * @param multiplied alpha has been multiplied into the colour, which PNG does not know
 */
export async function pngOfPixels(
  colour: Raster,
  alpha: Raster | null,
  { multiplied, profile }: { readonly multiplied: boolean; readonly profile: PngColour },
): Promise<Uint8Array> {
  const { width, height } = colour;
  const plain = alpha && multiplied ? unmultiplied(colour, alpha) : colour;
  const shown = withChannelsOf(profile, { ...plain, samples: toDepth(plain.samples, 8) });
  const samples = alpha
    ? interleaved(shown, { ...alpha, samples: toDepth(alpha.samples, 8) })
    : shown.samples;
  const channels = (shown.channels + (alpha ? 1 : 0)) as 1 | 2 | 3 | 4;
  const png = await sharp(samples as Uint8Array, {
    raw: { width, height, channels },
    limitInputPixels: false,
  })
    .toColourspace(shown.channels === 1 ? 'b-w' : 'srgb')
    // It goes no farther than this machine, and noise does not shrink: packing it takes longer than sending it.
    .png({ compressionLevel: 0, adaptiveFiltering: false })
    .toBuffer();
  const icc = profile.icc && fits(profile.icc, shown) ? profile.icc : null;
  return assemblePng(png, { exif: null, xmp: null, density: null, ...profile, icc });
}

const fits = (icc: Buffer, { channels }: Raster): boolean =>
  iccSpace(icc) === (channels === 1 ? 'GRAY' : 'RGB ');

/** A grey picture with a profile for RGB is shown as RGB, so that the profile counts. */
function withChannelsOf({ icc }: PngColour, image: Raster): Raster {
  if (image.channels === 3 || !icc || iccSpace(icc) !== 'RGB ') return image;
  const samples = new Uint8Array(3 * image.samples.length);
  for (let i = 0; i < image.samples.length; i++) samples.fill(image.samples[i]!, 3 * i, 3 * i + 3);
  return { ...image, channels: 3, samples };
}
