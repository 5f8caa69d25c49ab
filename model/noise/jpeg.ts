import type { FloatImage } from '../image.ts';
import { blockDct } from './estimate-dct.ts';
import { inverseBlockDct } from './inverse-dct.ts';

/**
 * What JPEG makes of a picture, in place: values as a viewer shows them after the file was written and read, 8 bit.
 * ITU-T T.81: blocks of 8 × 8, cosine transform, the tables of Annex K scaled by quality (1 to 100) as the Independent
 * JPEG Group's library does; colour as JFIF has it (BT.601, full range) with chroma at half width and height, halved
 * by the mean of four and enlarged by that library's triangle filter.
 *
 * @param offset where the picture's first pixel lies in the blocks' grid, 0 to 15 each: pictures get cropped
 */
export function compressAsJpeg(
  image: FloatImage,
  quality: number,
  offset: { readonly left: number; readonly top: number } = { left: 0, top: 0 },
): void {
  const { width, height, channels, samples } = image;
  const size = { width: roundUp(width + offset.left), height: roundUp(height + offset.top) };
  const planes = toPlanes(image, offset, size);
  const luma = scaledTable(LUMINANCE, quality);
  quantise(planes[0]!, size, luma);
  if (channels === 3) {
    const chroma = scaledTable(CHROMINANCE, quality);
    const half = { width: size.width / 2, height: size.height / 2 };
    for (const c of [1, 2]) {
      const small = halve(planes[c]!, size);
      quantise(small, half, chroma);
      planes[c] = enlarge(small, half);
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y + offset.top) * size.width + x + offset.left;
      const to = (y * width + x) * channels;
      if (channels === 1) samples[to] = byte(planes[0]![from]! + 128) / 255;
      else toRgb(planes[0]![from]! + 128, planes[1]![from]!, planes[2]![from]!, samples, to);
    }
  }
}

type Size = Pick<FloatImage, 'width' | 'height'>;

/** Whole blocks of chroma: 16 pixels. */
const roundUp = (side: number): number => 16 * Math.ceil(side / 16);
const byte = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));
const clamp = (value: number, end: number): number => Math.min(end - 1, Math.max(0, value));

/** Luma and chroma of the rounded picture around 0, in 8-bit units; beyond its borders the nearest pixel. */
function toPlanes(
  { width, height, channels, samples }: FloatImage,
  offset: { readonly left: number; readonly top: number },
  size: Size,
): Float32Array[] {
  const planes = Array.from({ length: channels }, () => new Float32Array(size.width * size.height));
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const at = (clamp(y - offset.top, height) * width + clamp(x - offset.left, width)) * channels;
      const to = y * size.width + x;
      const first = byte(255 * samples[at]!);
      if (channels === 1) {
        planes[0]![to] = first - 128;
        continue;
      }
      const [green, blue] = [byte(255 * samples[at + 1]!), byte(255 * samples[at + 2]!)];
      // A coder rounds luma and chroma too.
      planes[0]![to] = Math.round(0.299 * first + 0.587 * green + 0.114 * blue) - 128;
      planes[1]![to] = Math.round(-0.168736 * first - 0.331264 * green + 0.5 * blue);
      planes[2]![to] = Math.round(0.5 * first - 0.418688 * green - 0.081312 * blue);
    }
  }
  return planes;
}

function toRgb(luma: number, blueness: number, redness: number, samples: Float32Array, to: number): void {
  samples[to] = byte(luma + 1.402 * redness) / 255;
  samples[to + 1] = byte(luma - 0.344136 * blueness - 0.714136 * redness) / 255;
  samples[to + 2] = byte(luma + 1.772 * blueness) / 255;
}

/** Every block of a plane through the transform, the quantisation and back, rounded as a decoder does. */
function quantise(plane: Float32Array, { width, height }: Size, table: Float64Array): void {
  const block = new Float64Array(64);
  const coefficients = new Float64Array(64);
  const rows = new Float64Array(64);
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      for (let i = 0; i < 64; i++) block[i] = plane[(top + (i >> 3)) * width + left + (i & 7)]!;
      blockDct(block, coefficients, rows);
      for (let i = 0; i < 64; i++) coefficients[i] = Math.round(coefficients[i]! / table[i]!) * table[i]!;
      inverseBlockDct(coefficients, block, rows);
      for (let i = 0; i < 64; i++) {
        const value = Math.min(127, Math.max(-128, Math.round(block[i]!)));
        plane[(top + (i >> 3)) * width + left + (i & 7)] = value;
      }
    }
  }
}

function halve(plane: Float32Array, { width, height }: Size): Float32Array {
  const small = new Float32Array((width * height) / 4);
  for (let y = 0; y < height / 2; y++) {
    for (let x = 0; x < width / 2; x++) {
      const at = 2 * (y * width + x);
      small[(y * width) / 2 + x] = Math.round(
        (plane[at]! + plane[at + 1]! + plane[at + width]! + plane[at + width + 1]!) / 4,
      );
    }
  }
  return small;
}

/** Twice the width and height: each new pixel is ¾ its nearest and ¼ the next one, across and down. */
function enlarge(small: Float32Array, { width, height }: Size): Float32Array {
  const plane = new Float32Array(4 * small.length);
  for (let y = 0; y < 2 * height; y++) {
    const near = y >> 1;
    const next = clamp(near + (y & 1 ? 1 : -1), height);
    for (let x = 0; x < 2 * width; x++) {
      const column = x >> 1;
      const beside = clamp(column + (x & 1 ? 1 : -1), width);
      const at = (row: number) => 0.75 * small[row * width + column]! + 0.25 * small[row * width + beside]!;
      plane[2 * y * width + x] = Math.round(0.75 * at(near) + 0.25 * at(next));
    }
  }
  return plane;
}

/** The steps of a quality as libjpeg has them: 50 is the table itself, 100 is 1 everywhere. */
export function scaledTable(table: readonly number[], quality: number): Float64Array {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return Float64Array.from(table, (step) =>
    Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))),
  );
}

/** ITU-T T.81, tables K.1 and K.2, row by row. */
// prettier-ignore
export const LUMINANCE: readonly number[] = [
  16, 11, 10, 16, 24, 40, 51, 61,
  12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77,
  24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];
// prettier-ignore
const CHROMINANCE: readonly number[] = [
  17, 18, 24, 47, 99, 99, 99, 99,
  18, 21, 26, 66, 99, 99, 99, 99,
  24, 26, 56, 99, 99, 99, 99, 99,
  47, 66, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
];
