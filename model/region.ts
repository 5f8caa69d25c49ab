import { samplesLike, type Raster, type Samples } from './image.ts';

/** A rectangle of a picture, in its pixels. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

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

/** What two rectangles share; null where they do not meet. */
export function sharedPart(one: Rectangle, other: Rectangle): Rectangle | null {
  const x = Math.max(one.x, other.x);
  const y = Math.max(one.y, other.y);
  const width = Math.min(one.x + one.width, other.x + other.width) - x;
  const height = Math.min(one.y + one.height, other.y + other.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** What of a rectangle lies outside another, as rectangles that do not overlap: above, below, to the left and right. */
export function outsideOf(rectangle: Rectangle, other: Rectangle): Rectangle[] {
  const inside = sharedPart(rectangle, other);
  if (!inside) return [rectangle];
  const { x, y, width, height } = rectangle;
  const [right, bottom] = [inside.x + inside.width, inside.y + inside.height];
  const around = [
    { x, y, width, height: inside.y - y },
    { x, y: bottom, width, height: y + height - bottom },
    { x, y: inside.y, width: inside.x - x, height: inside.height },
    { x: right, y: inside.y, width: x + width - right, height: inside.height },
  ];
  return around.filter((part) => part.width > 0 && part.height > 0);
}

/** The smallest rectangle that holds all of some; at least one is given. */
export function rectangleAround(parts: readonly Rectangle[]): Rectangle {
  const x = Math.min(...parts.map((part) => part.x));
  const y = Math.min(...parts.map((part) => part.y));
  const right = Math.max(...parts.map((part) => part.x + part.width));
  const bottom = Math.max(...parts.map((part) => part.y + part.height));
  return { x, y, width: right - x, height: bottom - y };
}
