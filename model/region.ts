import { samplesLike, type Raster } from './image.ts';

/** A rectangle of a picture, in its pixels. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A copy of the part of a picture inside a rectangle that lies within it. */
export function cropRaster(raster: Raster, { x, y, width, height }: Rectangle): Raster {
  const { channels } = raster;
  const samples = samplesLike(raster.samples, width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * raster.width + x) * channels;
    samples.set(raster.samples.subarray(from, from + width * channels), row * width * channels);
  }
  return { width, height, channels, samples };
}

/** A rectangle with as much more on each side as there is, up to `margin`. */
export function widened(
  { x, y, width, height }: Rectangle,
  margin: number,
  size: { readonly width: number; readonly height: number },
): Rectangle {
  const [left, top] = [Math.max(0, x - margin), Math.max(0, y - margin)];
  return {
    x: left,
    y: top,
    width: Math.min(size.width, x + width + margin) - left,
    height: Math.min(size.height, y + height + margin) - top,
  };
}
