/** Side of the blocks on which noise is measured, in pixels. */
export const BLOCK = 8;
export const COEFFICIENTS = BLOCK * BLOCK;

/**
 * The orthonormal two-dimensional discrete cosine transform of one block: white noise of variance v in the
 * pixels is white noise of variance v in the coefficients.
 * @param pixels 64 values by row
 * @param target 64 coefficients: row = vertical frequency, column = horizontal frequency
 */
export function blockDct(pixels: Float64Array, target: Float64Array, rows: Float64Array): void {
  for (let y = 0; y < COEFFICIENTS; y += BLOCK) transformLine(pixels, y, 1, rows);
  for (let x = 0; x < BLOCK; x++) transformLine(rows, x, BLOCK, target);
}

const cosines = Array.from({ length: 8 }, (_, k) => Math.cos((k * Math.PI) / 16) / 2);
const C1 = cosines[1]!;
const C2 = cosines[2]!;
const C3 = cosines[3]!;
const C4 = cosines[4]!;
const C5 = cosines[5]!;
const C6 = cosines[6]!;
const C7 = cosines[7]!;

/** Eight values, `step` apart, by even and odd halves (the first butterflies of Chen, Smith and Fralick 1977). */
function transformLine(from: Float64Array, at: number, step: number, to: Float64Array): void {
  const p0 = from[at]!;
  const p1 = from[at + step]!;
  const p2 = from[at + 2 * step]!;
  const p3 = from[at + 3 * step]!;
  const p4 = from[at + 4 * step]!;
  const p5 = from[at + 5 * step]!;
  const p6 = from[at + 6 * step]!;
  const p7 = from[at + 7 * step]!;
  const a0 = p0 + p7;
  const a1 = p1 + p6;
  const a2 = p2 + p5;
  const a3 = p3 + p4;
  const d0 = p0 - p7;
  const d1 = p1 - p6;
  const d2 = p2 - p5;
  const d3 = p3 - p4;
  to[at] = C4 * (a0 + a1 + a2 + a3);
  to[at + step] = C1 * d0 + C3 * d1 + C5 * d2 + C7 * d3;
  to[at + 2 * step] = C2 * (a0 - a3) + C6 * (a1 - a2);
  to[at + 3 * step] = C3 * d0 - C7 * d1 - C1 * d2 - C5 * d3;
  to[at + 4 * step] = C4 * (a0 - a1 - a2 + a3);
  to[at + 5 * step] = C5 * d0 - C1 * d1 + C7 * d2 + C3 * d3;
  to[at + 6 * step] = C6 * (a0 - a3) - C2 * (a1 - a2);
  to[at + 7 * step] = C7 * d0 - C5 * d1 + C3 * d2 - C1 * d3;
}
