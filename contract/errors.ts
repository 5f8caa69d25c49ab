import { errorTexts } from './texts/en.ts';
import { type Details, fillIn, type Phrase, saidBy, verbatim, withTexts } from './texts/fill-in.ts';

/** Every way in which the product says no. Each has a sentence in `texts/`, with what, which, why and what to do. */
export type ErrorCode = keyof typeof errorTexts;

export const errorCodes = Object.keys(errorTexts) as ErrorCode[];

/** An error a person can act on. Anything else is a bug and travels as `internal`. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** What the sentence is filled in with: the file, the reason, the limit. */
  readonly details: Details;

  constructor(code: ErrorCode, details: Details = {}, options?: ErrorOptions) {
    super(fillIn(errorTexts[code], details), options);
    this.code = code;
    this.details = details;
  }
}

/** An error as it crosses a process border, which keeps only plain data. */
export interface Failure {
  readonly code: ErrorCode;
  readonly details: Details;
  /** The English sentence, for logs and for readers without the catalogue. */
  readonly message: string;
}

/** What is told in words: a phrase of the catalogue, or what went wrong. */
export type Said = Phrase | Failure;

/** The same as the part of a sentence: of an error, its reason. */
export function reasonIn(said: Said): Phrase {
  if ('phrase' in said) return said;
  return said.details.reason ?? verbatim(said.message);
}

/** The same with a file called by another name: people know it by that. */
export function calling(said: Said, file: string, name: string): Said {
  const called = (text: string) => text.replaceAll(file, name);
  const details = withTexts(said.details ?? {}, called);
  return 'phrase' in said ? { ...said, details } : { ...said, details, message: called(said.message) };
}

export type Reply<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Failure);

/** The plain form of anything thrown. What is not an AppError becomes `internal` with its message. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof AppError) {
    return { code: thrown.code, details: thrown.details, message: thrown.message };
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') return failureOf(new AppError('cancelled'));
  return failureOf(new AppError('internal', { reason: saidBy(thrown) }));
}

/**
 * A failure as it comes back from a file. A newer version may have said what this one has no sentence for: then that
 * one's own words stand.
 */
export function storedFailure(stored: {
  readonly code: string;
  readonly details: Details;
  readonly message?: string | undefined;
}): Failure {
  const { code, details, message } = stored;
  if (Object.hasOwn(errorTexts, code)) return failureOf(new AppError(code as ErrorCode, details));
  return failureOf(new AppError('internal', { reason: verbatim(message ?? code) }));
}

/** The error of a reply, thrown again on this side of the border. */
export function unwrap<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.value;
  throw new AppError(reply.code, reply.details);
}

export function isCancelled(thrown: unknown): boolean {
  return failureOf(thrown).code === 'cancelled';
}
