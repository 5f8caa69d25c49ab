import type { Details } from './texts/fill-in.ts';
import type { NoticeCode } from './texts/en.ts';

/** Something a person should know about a result that is otherwise done. */
export interface Notice {
  readonly code: NoticeCode;
  readonly details: Details;
}
