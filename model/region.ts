import type { Rectangle } from '../contract/rectangle.ts';
import { samplesLike, type Raster, type Samples } from './image.ts';

/** A copy of the part of a picture inside a rectangle that lies within it. */
export function cropRaster<S extends Samples>(
  raster: Raster<S>,
  { x, y, width, height }: Rectangle,
): Raster<S> {
  const { channels } = raster;
  const samples = samplesLike(raster.samples, width * height * channels) as S;
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

/** The smallest rectangle that holds all of some; at least one is given. */
export function rectangleAround(parts: readonly Rectangle[]): Rectangle {
  const x = Math.min(...parts.map((part) => part.x));
  const y = Math.min(...parts.map((part) => part.y));
  const right = Math.max(...parts.map((part) => part.x + part.width));
  const bottom = Math.max(...parts.map((part) => part.y + part.height));
  return { x, y, width: right - x, height: bottom - y };
}
