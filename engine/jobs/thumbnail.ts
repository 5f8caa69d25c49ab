import type { Handler } from '../channel.ts';
import { decodePage } from '../images/decode.ts';
import { openImage } from '../images/open.ts';
import { drawThumbnail } from '../images/thumbnail.ts';

/** A page of a picture, small enough for a list. @throws AppError saying why it can't be read */
export const thumbnail: Handler<'thumbnail'> = async ({ file, page, side }, { signal }) => {
  const { raster } = await decodePage(await openImage(file, { signal }), page);
  return { png: await drawThumbnail(raster, side) };
};
