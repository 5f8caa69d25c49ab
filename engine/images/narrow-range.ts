import type { Samples } from '../../model/image.ts';
import type { ValueRange } from './float-range.ts';
import type { PictureHeader } from './picture-header.ts';

/** Less of the 65536 values of 16 bits is a small part: cameras of 12 bits, whose files have 16. */
const NARROW = 65536 / 8;
/** Less than so many steps show nothing that could be told from rounding. */
const LEAST = 16;
const WHITE = 65535;

/** Whether values of 16 bits are to be stretched. */
export const isNarrow = ({ low, high }: ValueRange): boolean => high - low < NARROW && high - low >= LEAST;

/**
 * The range of a file of 16 bits over all its pages, where it is a small part of them: as microscopes and cameras of 12
 * bits write them. On the whole of 16 bits their noise would be so small that no network knows it. Null where it is not;
 * then as little as tells so is read. What has a colour profile is a photograph, dark because it is meant to be; and alpha
 * may be multiplied into the colour.
 * @param samplesOf colour of a page as it is in the file
 */
export async function measureNarrowRange(
  { pages, metadata }: PictureHeader,
  samplesOf: (page: number) => Promise<Samples>,
): Promise<ValueRange | null> {
  if (metadata.icc || metadata.coded || pages.some(({ alpha }) => alpha)) return null;
  let [low, high] = [WHITE, 0];
  for (const [page, { bitDepth }] of pages.entries()) {
    if (bitDepth !== 16) continue;
    for (const value of await samplesOf(page)) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (high - low >= NARROW) return null;
  }
  return isNarrow({ low, high }) ? { low, high } : null;
}

/** Spreads a range over all 16 bits, in place. Every value has one of its own then. */
export function stretch(samples: Uint16Array, { low, high }: ValueRange): void {
  const scale = WHITE / (high - low);
  for (let at = 0; at < samples.length; at++) {
    samples[at] = Math.min(WHITE, Math.max(0, Math.round((samples[at]! - low) * scale)));
  }
}

/** The values of the file again, rounded; what was not changed since it was stretched comes back exactly. */
export function unstretched(samples: Uint16Array, { low, high }: ValueRange): Uint16Array {
  const scale = (high - low) / WHITE;
  return samples.map((value) => low + Math.round(value * scale));
}
