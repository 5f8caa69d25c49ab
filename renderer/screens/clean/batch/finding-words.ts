import type { BatchCheck, CheckFinding } from '../../../../contract/batch.ts';
import type { WindowText } from '../../../../contract/texts/window-en.ts';
import type { Detail } from '../../../../contract/texts/fill-in.ts';
import type { Words } from '../../../state/words.svelte.ts';

const rules = ['rename', 'skip', 'overwrite'] as const;

/** What becomes of files that are there already is said outright: they may be replaced. */
function textOf({ code, details }: CheckFinding): WindowText {
  if (code !== 'outputs-exist') return `finding-${code}`;
  return `finding-outputs-exist-${rules.find((rule) => rule === details['rule']) ?? 'rename'}`;
}

/** A finding as a sentence. Amounts the finding does not name come from the check; sizes are written for people. */
export function findingWords(
  finding: CheckFinding,
  check: BatchCheck,
  words: Pick<Words, 'say' | 'number' | 'bytes'>,
): string {
  const readable = Object.entries(finding.details).map(([name, value]): [string, Detail] => {
    if (typeof value !== 'number') return [name, value];
    return [name, /bytes|needed|free|memory/i.test(name) ? words.bytes(value) : words.number(value)];
  });
  return words.say(textOf(finding), {
    count: words.number(check.pictures),
    needed: words.bytes(check.bytesNeeded),
    free: words.bytes(check.bytesFree),
    memory: words.bytes(check.memoryBytes),
    ...Object.fromEntries(readable),
  });
}
