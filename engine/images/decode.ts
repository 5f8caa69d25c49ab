import sharp from 'sharp';
import { AppError } from '../../contract/errors.ts';
import type { Notice } from '../../contract/notice.ts';
import type { Raster, Samples } from '../../model/image.ts';
import type { OpenedImage } from './open.ts';

/** One page as the network sees it, and what is kept apart for writing it. */
export interface DecodedPage {
  /** Which page of the file, from 0. */
  readonly page: number;
  /** Upright, in the file's own encoding; 8-bit as Uint8Array, 16 as Uint16Array, float as Float32Array. */
  readonly raster: Raster;
  /** One channel of the same size and depth. */
  readonly alpha: Raster | null;
  readonly notices: readonly Notice[];
  /** What 0 and 1 of a float raster stand for in the file; null where the file's values are the raster's. */
  readonly range: { readonly low: number; readonly high: number } | null;
}

export async function decodePage(image: OpenedImage, page: number): Promise<DecodedPage> {
  const { summary, file } = image;
  const deep = summary.bitDepth === 16;
  const decoded = await sharp(image.bytes, { ignoreIcc: true, page })
    .autoOrient()
    .toColourspace(
      deep ? (summary.channels === 1 ? 'grey16' : 'rgb16') : summary.channels === 1 ? 'b-w' : 'srgb',
    )
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new AppError('image-damaged', { file, reason: String(cause) }, { cause });
    });
  const { width, height, channels } = decoded.info;
  const { data } = decoded;
  const samples = deep
    ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
    : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const { colour, alpha } = splitAlpha(samples, channels);
  const raster = { width, height, channels: summary.channels, samples: colour };
  return {
    page,
    raster,
    alpha: alpha && { width, height, channels: 1, samples: alpha },
    notices: [],
    range: null,
  };
}

function splitAlpha(samples: Samples, channels: number): { colour: Samples; alpha: Samples | null } {
  if (channels === 1 || channels === 3) return { colour: samples, alpha: null };
  const colours = channels - 1;
  const pixels = samples.length / channels;
  const alpha = samples.slice(0, pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    alpha[pixel] = samples[pixel * channels + colours]!;
    for (let c = 0; c < colours; c++) samples[pixel * colours + c] = samples[pixel * channels + c]!;
  }
  return { colour: samples.subarray(0, pixels * colours), alpha };
}
