/** Bytes of a number of half precision (IEEE 754 binary16). */
export const halfBytes = 2;

/**
 * The numbers that little-endian binary16 stand for: exactly, as float32 holds all of them.
 * @param at first byte
 */
export function fromHalf(bytes: Uint8Array, at: number, count: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, halfBytes * count);
  for (let i = 0; i < count; i++) values[i] = numberOf(view.getUint16(halfBytes * i, true));
  return values;
}

/** Sign, five bits of exponent, ten of fraction. */
function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
