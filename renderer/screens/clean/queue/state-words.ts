import type { QueueRow } from '../../../../contract/batch.ts';
import type { Words } from '../../../state/words.svelte.ts';

/** The state of a picture in a few words; of one that went wrong, why. */
export function stateWords(row: QueueRow, words: Words): string {
  if (row.problem && (row.state === 'failed' || row.state === 'unreadable'))
    return words.failure(row.problem);
  if (row.state === 'working') return words.say('state-working-at', { percent: words.percent(row.fraction) });
  if (row.state === 'done' && row.notices.length > 0)
    return words.count('state-done-notices', row.notices.length);
  return words.say(`state-${row.state}`);
}
