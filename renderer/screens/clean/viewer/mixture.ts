/**
 * What the network answers changes evenly with the noise factor it is told: between two factors whose pixels are there, those
 * of a third are near a mixture of both. It stands in for them until they have come, so that a slider shows what it does
 * while it moves. How near it comes stands in docs/experiments.md.
 */
export interface Mixture<Tile> {
  readonly lower: Tile;
  readonly upper: Tile;
  /** How much of the upper one there is in it, 0 to 1. */
  readonly share: number;
}

const smallest = 0.005;
const step = 1.5;
/** To 0.43, with the three digits that a slider has. */
const ladder = Array.from({ length: 12 }, (_, at) => Number((smallest * step ** at).toFixed(3)));
/** So many on each side are worth the time of the network before anyone has moved. */
const onEachSide = 2;

/**
 * Noise factors to have the pixels of when the hand sets out from one of them: the nearest first. They are the same for
 * all pictures, so that a hand that goes on finds those it has passed.
 * @param largest beyond it the network is told no other
 */
export function factorsAround(factor: number, largest: number): number[] {
  const all = [...ladder.filter((one) => one < largest), largest].filter((one) => one !== factor);
  const below = all.filter((one) => one < factor).slice(-onEachSide);
  const above = all.filter((one) => one > factor).slice(0, onEachSide);
  const away = (one: number) => Math.abs(Math.log(one / Math.max(factor, smallest)));
  return [...below, ...above].sort((one, other) => away(one) - away(other));
}

/** Farther than two steps away, a mixture has not been found to be near. */
const isNear = (one: number, other: number) =>
  Math.abs(Math.log(Math.max(one, smallest) / Math.max(other, smallest))) <= 2.01 * Math.log(step);

/** Contents that differ in nothing but the noise factor, by what they have in common. */
export class Neighbours {
  readonly #factors = new Map<string, Map<string, number>>();

  /** A content whose pixels are there, or asked for. */
  note(common: string, content: string, factor: number): void {
    const known = this.#factors.get(common) ?? new Map<string, number>();
    this.#factors.set(common, known);
    known.set(content, factor);
  }

  forget(): void {
    this.#factors.clear();
  }

  /**
   * The nearest on both sides of a factor; beyond all of them, and where none is near, the nearest alone. Null where there
   * is none, or none that is nearer than what is shown, or than the noisy picture.
   * @param tileOf all that is seen of a content; null where not all of it is there
   * @param shown the factor whose pixels are shown otherwise
   */
  around<Tile>(
    common: string,
    factor: number,
    tileOf: (content: string) => Tile | null,
    shown: number | null = null,
  ): Mixture<Tile> | null {
    const known = [...(this.#factors.get(common) ?? [])].sort(
      ([, one], [, other]) => Math.abs(one - factor) - Math.abs(other - factor),
    );
    const nearest = (isMeant: (at: number) => boolean) => {
      for (const [content, at] of known) {
        const tile = isMeant(at) ? tileOf(content) : null;
        if (tile !== null) return { tile, at };
      }
      return null;
    };
    const lower = nearest((at) => at <= factor && isNear(at, factor));
    const upper = nearest((at) => at >= factor && isNear(at, factor));
    // What is farther away may be nearer all the same than the picture with all its noise, which is that of factor 0.
    const alone = lower ?? upper ?? nearest((at) => Math.abs(at - factor) < factor);
    const [from, to] = [lower ?? alone, upper ?? alone];
    if (!from || !to) return null;
    const isAlone = from === to && from.at !== factor;
    if (isAlone && shown !== null && Math.abs(shown - factor) <= Math.abs(from.at - factor)) return null;
    const share = to.at > from.at ? (factor - from.at) / (to.at - from.at) : 0;
    return { lower: from.tile, upper: to.tile, share };
  }
}
