import type { BatchCheck, CheckFinding } from '../../../../contract/batch.ts';
import type { Words } from '../../../state/words.svelte.ts';

/** A finding as a sentence. Amounts the finding does not name come from the check; sizes are written for people. */
export function findingWords(finding: CheckFinding, check: BatchCheck, words: Words): string {
  const readable = Object.entries(finding.details).map(([name, value]): [string, string | number] => {
    if (typeof value !== 'number') return [name, value];
    return [name, /bytes|needed|free|memory/i.test(name) ? words.bytes(value) : words.number(value)];
  });
  return words.say(`finding-${finding.code}`, {
    count: words.number(check.pictures),
    needed: words.bytes(check.bytesNeeded),
    free: words.bytes(check.bytesFree),
    memory: words.bytes(check.memoryBytes),
    ...Object.fromEntries(readable),
  });
}
