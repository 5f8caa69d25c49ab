import type { NoiseEstimate } from '../../contract/measure.ts';
import { estimateNoise as measureNoise } from '../../model/noise/estimate.ts';
import type { Raster } from '../../model/image.ts';
import type { RequestContext } from '../channel.ts';
import { decodePage } from '../images/decode.ts';
import { openImage } from '../images/open.ts';

/**
 * The noise of one picture file, by its first page.
 * @throws AppError whatever reading a picture throws, and `cancelled`
 */
export async function estimateNoise(
  { file }: { file: string },
  { signal }: RequestContext,
): Promise<NoiseEstimate> {
  const image = await openImage(file, { signal });
  const { raster, alpha } = await decodePage(image, 0);
  return noiseOf(file, raster, alpha, signal);
}

/** The same of a page that is decoded already. @throws the signal's reason */
export function noiseOf(
  file: string,
  raster: Raster,
  alpha: Raster | null,
  signal: AbortSignal,
): NoiseEstimate {
  const start = performance.now();
  const { noiseFactor, channels, clean, area, method } = measureNoise(raster, { alpha, signal });
  const seconds = (performance.now() - start) / 1000;
  return { file, noiseFactor, channels, clean, area, method, seconds };
}
