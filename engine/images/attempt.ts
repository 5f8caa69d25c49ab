import { Refusal } from './refusal.ts';

/** What `read` makes of a block of metadata; one that it cannot read costs only the block, and is named. */
export function attempt<Block, Result>(
  problems: string[],
  kind: string,
  block: Block | undefined | null,
  read: (block: Block) => Result,
): Result | null {
  if (block === undefined || block === null) return null;
  try {
    return read(block);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problems.push(`${kind}: ${String(error.details['reason'])}`);
    return null;
  }
}
