import { phrase, type Phrase } from '../../contract/texts/fill-in.ts';
import { Refusal } from './refusal.ts';

/** What `read` makes of a block of metadata; one that it cannot read costs only the block, and is named. */
export function attempt<Block, Result>(
  problems: Phrase[],
  kind: string,
  block: Block | undefined | null,
  read: (block: Block) => Result,
): Result | null {
  if (block === undefined || block === null) return null;
  try {
    return read(block);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problems.push(
      phrase('damage-block-of', {
        block: kind,
        reason: error.details.reason ?? phrase('damage-header-unread'),
      }),
    );
    return null;
  }
}
