import { AppError, type ErrorCode } from '../../contract/errors.ts';
import type { Details } from '../../contract/texts/fill-in.ts';

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

export function damaged(reason: string, cause?: unknown): Refusal {
  return new Refusal('image-damaged', { reason }, { cause });
}

export function unsupportedLayout(layout: string): Refusal {
  return new Refusal('image-layout-unsupported', { layout });
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
