import type { QueueRow } from '../../../../contract/batch.ts';

/** Which rows the button cleans. */
export interface WhatToClean {
  /** Nothing is left that was not tried: it cleans once more what is finished. */
  readonly again: boolean;
  readonly count: number;
  /** `all` leaves out what is done, so that what is to be done again is named. */
  readonly rows: 'all' | readonly string[];
}

export function whatToClean(
  all: readonly QueueRow[],
  toDo: readonly QueueRow[],
  finished: readonly QueueRow[],
): WhatToClean {
  const again = toDo.length === 0;
  const meant = again ? finished : toDo;
  const everything = !again && meant.length === all.length;
  return { again, count: meant.length, rows: everything ? 'all' : meant.map(({ id }) => id) };
}
