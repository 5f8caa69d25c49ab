import type { Raster } from '../../model/image.ts';
import { decodePage } from '../images/decode.ts';
import { openImage } from '../images/open.ts';

/** Reads a picture file, upright and without alpha. @throws AppError saying why it can't be used */
export type DecodePicture = (file: string, signal: AbortSignal) => Promise<Raster>;

/** The first page of a picture file, with all the care that cleaning takes. */
export const decodePicture: DecodePicture = async (file, signal) => {
  const image = await openImage(file, { signal });
  const { raster } = await decodePage(image, 0);
  return raster;
};
