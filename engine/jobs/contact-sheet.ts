import { basename, dirname, extname } from 'node:path';
import type { ContactRow } from '../../contract/engine-api.ts';
import { AppError } from '../../contract/errors.ts';
import type { ImageFormat } from '../../contract/image.ts';
import { loneJobId, removeLoneLeftovers } from '../../storage/leftovers.ts';
import { publishFile } from '../../storage/publish.ts';
import type { RequestContext } from '../channel.ts';
import { drawContactSheet, type SheetRow } from '../images/contact-sheet.ts';
import { decodePage } from '../images/decode.ts';
import { openImage } from '../images/open.ts';

interface Request {
  readonly rows: readonly ContactRow[];
  /** Path of the sheet; an existing file is kept, and the sheet gets another name. */
  readonly output: string;
  readonly format: ImageFormat;
}

/**
 * Draws noisy, cleaned and clean pictures side by side into one file.
 * @throws AppError whatever reading or writing a picture throws
 */
export async function contactSheet(
  { rows, output, format }: Request,
  { signal }: RequestContext,
): Promise<{ output: string }> {
  const pages: SheetRow[] = [];
  for (const { noisy, denoised, clean } of rows) {
    const files = [noisy, denoised, ...(clean === null ? [] : [clean])];
    const row = [];
    for (const file of files) row.push(await decodePage(await openImage(file, { signal }), 0));
    pages.push(row);
  }
  const extension = extname(output);
  await removeLoneLeftovers(dirname(output), 'sheet').catch(() => 0);
  const published = await publishFile({
    folder: dirname(output),
    stem: basename(output, extension),
    extension: extension.slice(1),
    bytes: await drawContactSheet(pages, format),
    jobId: loneJobId('sheet'),
    onConflict: 'rename',
    signal,
  });
  if ('kept' in published) throw new AppError('output-exists', { file: published.kept });
  return { output: published.path };
}
