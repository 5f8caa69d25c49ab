import type { QueueRow } from '../../../../contract/batch.ts';
import type { Failure } from '../../../../contract/errors.ts';
import { withTexts } from '../../../../contract/texts/fill-in.ts';
import type { Words } from '../../../state/words.svelte.ts';

/** The state of a picture in a few words; of one that went wrong, why. */
export function stateWords(row: QueueRow, words: Words): string {
  if (row.problem && (row.state === 'failed' || row.state === 'unreadable'))
    return withoutName(failureOfRow(row.name, row.problem, words), row.name);
  if (row.state === 'working') {
    // The network is through; what takes time now is the file.
    if (row.fraction >= 1) return words.say('state-saving');
    return words.say('state-working-at', { percent: words.percent(row.fraction) });
  }
  if (row.state === 'done' && row.notices.length > 0)
    return words.count('state-done-notices', row.notices.length);
  return words.say(`state-${row.state}`);
}

/** What stands beside the state: the noise factor, else the size. What went wrong needs the room itself. */
export function factOf(row: QueueRow, factor: number | null, words: Words): string {
  if (row.problem) return '';
  if (factor !== null) return words.say('factor-short', { factor: words.number(factor, 3) });
  return row.picture ? words.area(row.picture) : words.bytes(row.bytes);
}

/** Right below the name a sentence that begins with it goes on from there: what is wrong is seen in a narrow list too. */
function withoutName(sentence: string, name: string): string {
  const begin = `“${name}”`;
  return sentence.startsWith(begin) ? sentence.slice(begin.length).trimStart() : sentence;
}

/** Why a picture went wrong, beside its name: the folder it lies in, or a copy of it, says nothing there. */
export function failureOfRow(name: string, problem: Failure, words: Words): string {
  const isFile = (text: string) => /[\\/]/.test(text) && text.endsWith(name);
  const details = withTexts(problem.details, (text) => (isFile(text) ? name : text));
  return words.failure({ ...problem, details });
}
