/** The way back from `blockDct`. */
export function inverseBlockDct(coefficients: Float64Array, target: Float64Array, rows: Float64Array): void {
  for (let y = 0; y < 64; y += 8) transformLine(coefficients, y, 1, rows);
  for (let x = 0; x < 8; x++) transformLine(rows, x, 8, target);
}

/** [position · 8 + frequency]: the orthonormal cosines. */
const basis = Float64Array.from({ length: 64 }, (_, i) => {
  const [position, frequency] = [i >> 3, i & 7];
  return (
    Math.cos(((2 * position + 1) * frequency * Math.PI) / 16) * (frequency === 0 ? Math.SQRT1_2 / 2 : 0.5)
  );
});

/** Eight values, `step` apart. Even and odd frequencies apart: the second half mirrors the first. */
function transformLine(from: Float64Array, at: number, step: number, to: Float64Array): void {
  for (let position = 0; position < 4; position++) {
    let even = 0;
    let odd = 0;
    for (let frequency = 0; frequency < 8; frequency += 2) {
      even += from[at + frequency * step]! * basis[8 * position + frequency]!;
      odd += from[at + (frequency + 1) * step]! * basis[8 * position + frequency + 1]!;
    }
    to[at + position * step] = even + odd;
    to[at + (7 - position) * step] = even - odd;
  }
}
