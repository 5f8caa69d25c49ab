import type { Measurement } from '../../../contract/model-card.ts';

/** Measurements as a table: a row for each set of pictures, a column for each noise factor. */
export interface ScoreTable {
  readonly factors: readonly number[];
  readonly rows: readonly {
    readonly set: string;
    readonly clipped: boolean;
    /** One for each factor; null where it was not measured. */
    readonly cells: readonly (Measurement | null)[];
  }[];
}

export function scoreTable(metrics: readonly Measurement[]): ScoreTable {
  const factors = [...new Set(metrics.map(({ noiseFactor }) => noiseFactor))].sort((a, b) => a - b);
  const sets = new Map(metrics.map(({ set, clipped }) => [`${set} ${clipped}`, { set, clipped }]));
  const rows = [...sets.values()].map(({ set, clipped }) => {
    const own = metrics.filter((one) => one.set === set && one.clipped === clipped);
    return {
      set,
      clipped,
      cells: factors.map((factor) => own.find((one) => one.noiseFactor === factor) ?? null),
    };
  });
  return { factors, rows };
}
