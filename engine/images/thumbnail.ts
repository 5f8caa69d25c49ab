import sharp from 'sharp';
import type { Raster } from '../../model/image.ts';
import { toDepth } from './depth.ts';

/** A picture scaled down to fit a square, for lists: 8 bit, PNG. Smaller ones stay as they are. */
export async function drawThumbnail(
  { width, height, channels, samples }: Raster,
  side: number,
): Promise<Uint8Array> {
  return sharp(toDepth(samples, 8) as Uint8Array, {
    raw: { width, height, channels },
    limitInputPixels: false,
  })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png({ compressionLevel: 1 })
    .toBuffer();
}
