import { whiteOf, type Samples } from '../../model/image.ts';
import type { BitDepth } from '../../contract/image.ts';

/** Samples with the bits wanted, rounded to the nearest value that exists; the same array when it has them. */
export function toDepth(samples: Samples, bits: BitDepth): Samples {
  if (bitsOf(samples) === bits) return samples;
  if (bits === 32) return scaled(samples, new Float32Array(samples.length), 1 / whiteOf(samples), 0);
  if (bits === 16 && samples instanceof Uint8Array)
    return scaled(samples, new Uint16Array(samples.length), 257, 0);
  const out = bits === 16 ? new Uint16Array(samples.length) : new Uint8Array(samples.length);
  return scaled(samples, out, whiteOf(out) / whiteOf(samples), 0.5);
}

export function bitsOf(samples: Samples): BitDepth {
  if (samples instanceof Float32Array) return 32;
  return samples instanceof Uint16Array ? 16 : 8;
}

/** Integer arrays cut off what follows the point, so adding a half rounds; values outside are clipped first. */
function scaled(from: Samples, to: Samples, factor: number, half: number): Samples {
  const most = to instanceof Float32Array ? Infinity : whiteOf(to);
  for (let at = 0; at < from.length; at++) {
    const value = from[at]! * factor + half;
    to[at] = value < 0 ? 0 : value > most ? most : value;
  }
  return to;
}

/** 16-bit samples rounded to fewer bits, in the place where the library looks for them: shifted up. */
export function roundedTo(samples: Uint16Array, bits: number): Uint16Array {
  const scale = (2 ** bits - 1) / 65535;
  const shift = 16 - bits;
  return samples.map((sample) => Math.round(sample * scale) << shift);
}
