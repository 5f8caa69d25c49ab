import { phrase, type Phrase } from './fill-in.ts';

const megabytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

/** That a file of a model, or its archive, is larger than any model needs. Both sizes in bytes. */
export const partTooLarge = (file: string, size: number, limit: number): Phrase =>
  phrase('model-part-megabytes', { file, size: megabytes(size), limit: megabytes(limit) });
