import { AppError } from '../../../contract/errors.ts';
import { phrase, type Phrase, withTexts } from '../../../contract/texts/fill-in.ts';

/** Makes the error that refuses the model being read, for a reason that finishes its sentence. */
export type Refuse = (reason: Phrase, cause?: unknown) => AppError;

/** @param model what the person knows the model by */
export function refusalOf(model: string): Refuse {
  return (reason, cause) => {
    return new AppError(
      'model-invalid',
      { model: shown(model), reason: phrase(reason.phrase, withTexts(reason.details ?? {}, shown)) },
      { cause },
    );
  };
}

/** Words from a stranger's file, short and without what steers a terminal or turns the reading direction. */
function shown(text: string): string {
  const visible = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '�');
  return visible.length > 300 ? `${visible.slice(0, 299)}…` : visible;
}
