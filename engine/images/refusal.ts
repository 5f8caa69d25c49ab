import { AppError, type ErrorCode } from '../../contract/errors.ts';
import { phrase, type Details, type Phrase } from '../../contract/texts/fill-in.ts';
import type { PhraseKey } from '../../contract/texts/phrases-en.ts';

/** Why a picture's bytes are refused, said by code that sees only bytes and knows no file name. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ErrorCode;
  readonly details: Details;

  constructor(code: ErrorCode, details: Details = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.details = details;
  }
}

export function damaged(reason: PhraseKey | Phrase, cause?: unknown): Refusal {
  const why = typeof reason === 'string' ? phrase(reason) : reason;
  return new Refusal('image-damaged', { reason: why }, { cause });
}

export function unsupportedLayout(layout: PhraseKey, details: Details = {}): Refusal {
  return new Refusal('image-layout-unsupported', { layout: phrase(layout, details) });
}

/** The result of `work`, its refusal completed with the file's name. */
export async function namingFile<T>(file: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new AppError(error.code, { file, ...error.details }, { cause: error.cause ?? error });
  }
}
