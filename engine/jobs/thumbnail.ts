import type { Handler } from '../channel.ts';
import { drawThumbnail } from '../images/thumbnail.ts';
import type { DecodePicture } from '../training/decode-picture.ts';

/** A page of a picture, small enough for a list. Its calls throw AppError saying why it can't be read. */
export function createThumbnailHandler(decode: DecodePicture): Handler<'thumbnail'> {
  return async ({ file, page, side }, { signal }) => ({
    png: await drawThumbnail(await decode(file, page, signal), side),
  });
}
