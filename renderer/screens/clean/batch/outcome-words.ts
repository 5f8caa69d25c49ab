import type { BatchState } from '../../../../contract/batch.ts';
import type { Words } from '../../../state/words.svelte.ts';

/** Pictures of a batch that the network had a part in. */
export const cleaned = ({ done, unchanged }: BatchState['counts']): number => done - unchanged;

/** What became of the others, each in a few words; nothing of what there was none of. */
export function ofTheOthers({ unchanged, kept, failed }: BatchState['counts'], words: Words): string[] {
  return [
    unchanged > 0 ? words.count('outcome-unchanged', unchanged) : '',
    kept > 0 ? words.count('outcome-kept', kept) : '',
    failed > 0 ? words.count('batch-failed', failed) : '',
  ].filter((part) => part !== '');
}
