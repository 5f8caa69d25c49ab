import { damaged } from './refusal.ts';
import { numbersOf } from './tiff-directory.ts';
import type { TiffPage } from './tiff-file.ts';
import { tiffTag } from './tiff-tags.ts';

/** Some writers let pages share a profile. */
const sharedValues = 2 ** 26;
const sharedPixels = 2 ** 16;

/**
 * Pages that point to the same bytes over and over make endless work of a small file.
 *
 * @throws Refusal image-damaged
 */
export function refuseShared(bytes: Buffer, pages: readonly TiffPage[]): void {
  if (pages.length < 2) return;
  let [values, pixels] = [0, 0];
  for (const { entries } of pages) {
    for (const { data } of entries.values()) values += data.length;
    if (values > 2 * bytes.length + sharedValues) throw damaged('damage-pages-shared');
    for (const tag of [tiffTag.stripByteCounts, tiffTag.tileByteCounts]) {
      for (const count of numbersOf(entries.get(tag))) pixels += Math.min(count, bytes.length);
    }
    if (pixels > 2 * bytes.length + sharedPixels) throw damaged('damage-pages-shared');
  }
}
