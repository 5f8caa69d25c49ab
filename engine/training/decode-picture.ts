import type { Raster } from '../../model/image.ts';
import { decodePage } from '../images/decode.ts';
import { openImage, type OpenedImage } from '../images/open.ts';

/** Reads a page of a picture file, upright and without alpha. @throws AppError saying why it can't be used */
export type DecodePicture = (file: string, page: number, signal: AbortSignal) => Promise<Raster>;

/** Decodes with all the care that cleaning takes. The last stack stays open: its next page needs no second reading. */
export function pictureDecoder(): DecodePicture {
  let last: OpenedImage | null = null;
  return async (file, page, signal) => {
    const image = last?.file === file && page > 0 ? last : await openImage(file, { signal });
    last = image.summary.pages > 1 ? image : null;
    const { raster } = await decodePage(image, page);
    return raster;
  };
}
