import type { Raster } from '../../model/image.ts';
import { decodePage, rangeOf } from '../images/decode.ts';
import type { ValueRange } from '../images/float-range.ts';
import { openImage, type OpenedImage } from '../images/open.ts';
import { freeMemory } from '../free-memory.ts';
import { sharedRange } from '../images/shared-range.ts';

/**
 * Reads a page of a picture file, upright and without alpha.
 * @param partner file of the same scene: then a value means the same in both
 * @throws AppError saying why it can't be used
 */
export type DecodePicture = (
  file: string,
  page: number,
  signal: AbortSignal,
  partner?: string,
) => Promise<Raster>;

/**
 * Decodes with all the care that cleaning takes. The last stack stays open: its next page needs no second reading.
 * @param free bytes of memory that may be taken now
 */
export function pictureDecoder(free: () => number = freeMemory): DecodePicture {
  let last: OpenedImage | null = null;
  const ranges = new KnownRanges();
  return async (file, page, signal, partner) => {
    const image = last?.file === file && page > 0 ? last : await openImage(file, { signal, memory: free() });
    last = image.summary.pages > 1 ? image : null;
    const { raster } = await decodePage(image, page, await ranges.of(image, partner, signal));
    return raster;
  };
}

/** What values of files stand for, so that a stack is not read as a whole for each of its pages. */
class KnownRanges {
  readonly #known = new Map<
    string,
    { readonly seal: string; readonly range: ValueRange | null | undefined }
  >();

  async of(
    image: OpenedImage,
    partner: string | undefined,
    signal: AbortSignal,
  ): Promise<ValueRange | null | undefined> {
    const { bitDepth, pages } = image.summary;
    if (bitDepth === 8 || (pages === 1 && partner === undefined)) return undefined; // known when it is decoded
    const key = JSON.stringify([image.file, partner]);
    const seal = image.sha256;
    const known = this.#known.get(key);
    if (known?.seal === seal) return known.range;
    const range =
      partner === undefined
        ? await rangeOf(image)
        : await sharedRange(image, await openImage(partner, { signal }));
    this.#known.set(key, { seal, range });
    return range;
  }
}
