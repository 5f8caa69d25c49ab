import { rangeOf } from './decode.ts';
import type { ValueRange } from './float-range.ts';
import { isNarrow } from './narrow-range.ts';
import type { OpenedImage } from './open.ts';

const ALL_OF_16: ValueRange = { low: 0, high: 65535 };

/**
 * What black and white stand for in two files of one scene, so that the same value means the same in both: a range
 * that holds both where both hold counts (16 bits, or floats beyond [0, 1]), be one of them in another depth. Else each
 * has its own: undefined.
 */
export async function sharedRange(
  image: OpenedImage,
  other: OpenedImage,
): Promise<ValueRange | null | undefined> {
  const [first, second] = [await countsOf(image), await countsOf(other)];
  if (!first || !second) return undefined;
  const both = { low: Math.min(first.low, second.low), high: Math.max(first.high, second.high) };
  const bothFloat = image.summary.bitDepth === 32 && other.summary.bitDepth === 32;
  // Values of 16 bits are stretched or left as they are; floats go with them.
  return bothFloat || isNarrow(both) ? both : ALL_OF_16;
}

/** Values of 8 bits, and floats within [0, 1], count nothing. */
async function countsOf(image: OpenedImage): Promise<ValueRange | null> {
  return (await rangeOf(image)) ?? (image.summary.bitDepth === 16 ? ALL_OF_16 : null);
}
