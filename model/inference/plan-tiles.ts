/** One tile along one axis: where it is read, and the stretch of its result that is kept. */
export interface Span {
  /** First position read; a multiple of the network's size multiple. */
  readonly read: number;
  /** First position kept, in pixels of the picture. */
  readonly keep: number;
  readonly keepLength: number;
}

/** The tiles along one axis, all of the same length. */
export interface AxisPlan {
  /** Positions each tile reads; a multiple of the network's size multiple. */
  readonly tileLength: number;
  readonly spans: readonly Span[];
}

/** How a picture is cut: every row span with every column span. */
export interface TilePlan {
  readonly rows: AxisPlan;
  readonly columns: AxisPlan;
}

export interface TileRules {
  /** Receptive-field radius of the network: what is kept lies at least this far inside a tile. */
  readonly radius: number;
  /** Lengths and places of tiles are multiples of it, so that strides fall on the same pixels as untiled. */
  readonly multiple: number;
  /** Pixels a tile may have. */
  readonly maxPixels: number;
  /** Longest side a tile may have. */
  readonly maxSide: number;
}

/** What starting one more tile costs, in pixels. */
const COST_OF_A_TILE = 10_000;
/** Beyond this tiles would be hardly larger than their overlap, or the picture larger than any that is read. */
const MOST_TILES_ON_AN_AXIS = 256;

/**
 * A tile may always be so much longer than the shortest that can be cut: that one is hardly more than overlap, and a
 * picture takes tens of thousands of it where the network looks far.
 */
const SLACK = 1.25;

/**
 * Cuts a picture into equal tiles so that the least is computed twice. Where the picture ends its tiles end too,
 * up to the next size multiple: there the network's own padding is what it is for the whole picture. Where not
 * even the smallest useful tile keeps to the limits, that one is taken.
 */
export function planTiles(size: { width: number; height: number }, rules: TileRules): TilePlan {
  let best: { plan: TilePlan; cost: number } | null = null;
  const allRows = axisPlans(size.height, rules);
  const allColumns = axisPlans(size.width, rules);
  const usefulPixels = SLACK * SLACK * allRows.at(-1)!.tileLength * allColumns.at(-1)!.tileLength;
  const maxPixels = Math.max(rules.maxPixels, usefulPixels);
  for (const columns of allColumns) {
    for (const rows of allRows) {
      const pixels = rows.tileLength * columns.tileLength;
      if (pixels > maxPixels) continue;
      const cost = rows.spans.length * columns.spans.length * (pixels + COST_OF_A_TILE);
      if (!best || cost < best.cost) best = { plan: { rows, columns }, cost };
      break; // more, smaller tiles only cost more
    }
  }
  return best!.plan;
}

/** The ways to cut an axis, with ever more and shorter tiles, as far as they keep to the longest side. */
function axisPlans(length: number, rules: TileRules): AxisPlan[] {
  const plans: AxisPlan[] = [];
  for (let count = 1; count <= MOST_TILES_ON_AN_AXIS; count++) {
    const plan = planAxis(length, count, rules);
    if (plan.tileLength !== plans.at(-1)?.tileLength) plans.push(plan);
  }
  const usefulSide = SLACK * plans.at(-1)!.tileLength;
  return plans.filter(({ tileLength }) => tileLength <= Math.max(rules.maxSide, usefulSide));
}

/**
 * Cuts an axis into at most `count` tiles as short as the overlap allows: neighbours share at least two radii,
 * and what is kept meets in the middle of what is shared.
 */
export function planAxis(
  length: number,
  count: number,
  { radius, multiple }: Pick<TileRules, 'radius' | 'multiple'>,
): AxisPlan {
  const padded = roundUp(length, multiple);
  const overlap = roundUp(2 * radius, multiple);
  const tileLength = Math.min(padded, roundUp(Math.ceil((padded + (count - 1) * overlap) / count), multiple));
  const reads: number[] = [0];
  while (reads.at(-1)! + tileLength < padded) {
    reads.push(Math.min(reads.at(-1)! + tileLength - overlap, padded - tileLength));
  }
  const borders = reads.slice(1).map((read, i) => {
    const sharedEnd = reads[i]! + tileLength;
    return Math.floor((read + sharedEnd) / 2);
  });
  const spans = reads.map((read, i): Span => {
    const keep = borders[i - 1] ?? 0;
    return { read, keep, keepLength: (borders[i] ?? length) - keep };
  });
  return { tileLength, spans };
}

/** Pixels computed for each pixel of the picture: 1 would be no overlap at all. */
export function overlapCost(plan: TilePlan, { width, height }: { width: number; height: number }): number {
  const computed =
    plan.rows.spans.length * plan.rows.tileLength * plan.columns.spans.length * plan.columns.tileLength;
  return computed / (width * height);
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
