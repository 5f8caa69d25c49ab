import type { ImageSummary } from '../../contract/image.ts';
import { openImage } from '../images/open.ts';

/** What a picture is, from its header alone: nothing is decoded. */
export async function inspectImage(request: { file: string }, signal?: AbortSignal): Promise<ImageSummary> {
  const image = await openImage(request.file, signal ? { signal } : {});
  return image.summary;
}
