import { compare, type Similarity } from '../../model/metrics/compare.ts';
import type { RequestContext } from '../channel.ts';
import { pictureDecoder } from '../training/decode-picture.ts';
import { checkSameSize } from './same-size.ts';

/**
 * How much a picture file is like another: their first pages, upright, without alpha.
 * @throws AppError `pair-mismatched`, and whatever reading a picture throws
 */
export async function compareImages(
  { file, clean }: { file: string; clean: string },
  { signal }: RequestContext,
): Promise<Similarity> {
  const decode = pictureDecoder();
  const [image, reference] = [await decode(file, 0, signal, clean), await decode(clean, 0, signal, file)];
  checkSameSize(image, reference, file);
  return compare(image, reference);
}
