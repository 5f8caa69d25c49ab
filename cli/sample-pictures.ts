import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../contract/errors.ts';

/** A picture that ships with the program, and what is known of its noise. Paths are absolute. */
export interface SamplePicture {
  readonly title: string;
  readonly noisy: string;
  readonly clean: string | null;
  /** The noise that was added, null where one number does not say it. */
  readonly noiseFactor: number | null;
}

/** The list of samples. @throws AppError `path-not-found` when they are not there */
export async function readSamples(root: string): Promise<SamplePicture[]> {
  const folder = join(root, 'samples');
  const file = join(folder, 'manifest.json');
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (thrown) {
    throw new AppError('path-not-found', { path: file }, { cause: thrown });
  }
  const entries = JSON.parse(content) as readonly {
    file: string;
    clean: string | null;
    noiseFactor: number | null;
    title: string;
  }[];
  return entries.map((entry) => ({
    title: entry.title,
    noisy: join(folder, entry.file),
    clean: entry.clean === null ? null : join(folder, entry.clean),
    noiseFactor: entry.noiseFactor,
  }));
}
