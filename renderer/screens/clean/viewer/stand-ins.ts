import type { ViewChoices } from '../../../../contract/view.ts';
import { factorsAround, Neighbours, type Mixture } from './mixture.ts';
import { contentKey, keyButFactor, type Pane } from './panes.ts';
import type { CachedTile, KeptBitmap, TileCache } from './tile-cache.ts';
import { seenPlace } from './tiles.ts';
import { prefixOf, seenAtOnce, type Looking, type WantedTile } from './wanted-tiles.ts';

/** What is looked at, and the noise factor that `auto` stands for: null while it is not known. */
export interface Steered extends Looking {
  readonly measured: number | null;
}

/** What is drawn over a pane: a mixture, and over that what is there of its own. */
export interface StandIn<Tile> {
  readonly mixture: Mixture<Tile>;
  readonly own: readonly Tile[];
}

/** Pixels that are drawn for those of a noise factor that are still on their way. */
export class StandIns<Bitmap extends KeptBitmap> {
  readonly #cache: TileCache<Bitmap>;
  readonly #neighbours = new Neighbours();

  constructor(cache: TileCache<Bitmap>) {
    this.#cache = cache;
  }

  forget(): void {
    this.#neighbours.forget();
  }

  /** Tiles that are asked for will be neighbours of others. */
  note(wanted: readonly WantedTile[], { view, page, measured }: Steered): void {
    for (const { content, tile } of wanted) {
      const factor = tile.reduction === 1 ? factorOf(tile.choices, measured) : null;
      if (factor !== null) this.#neighbours.note(prefixOf(view, page) + keyButFactor(tile), content, factor);
    }
  }

  /** What is seen, for the noise factors that a hand may move to from those choices. @param largest the model's */
  ahead(choices: ViewChoices, largest: number, steered: Steered): WantedTile[] {
    const factor = factorOf(choices, steered.measured);
    // With the noise that a playground adds, another factor makes another picture.
    if (factor === null || choices.added) return [];
    const panes = steered.panes.filter(({ content }) => content.choices === choices);
    return factorsAround(factor, largest).flatMap((noiseFactor) =>
      panes.flatMap((pane) => seenAtOnce(withChoices(pane, { ...choices, noiseFactor }), steered) ?? []),
    );
  }

  /** Null where a pane's own pixels are there, or nothing that is near them. @param live the choices of this moment */
  of(pane: Pane, live: ViewChoices, steered: Steered): StandIn<CachedTile<Bitmap>> | null {
    const now = withChoices(pane, live);
    const own = seenAtOnce(now, steered);
    const factor = factorOf(live, steered.measured);
    if (!own || factor === null) return null;
    const { region } = own.tile;
    if (contentKey(now.content) === contentKey(pane.content) && this.#cache.shows(own.content, region)) {
      return null;
    }
    const common = prefixOf(steered.view, steered.page) + keyButFactor(now.content);
    const mixture = this.#neighbours.around(
      common,
      factor,
      (one) => this.#cache.holding(one, seenPlace, region),
      this.#shownFactor(pane, now, steered),
    );
    return (
      mixture && { mixture, own: this.#cache.of(own.content).filter(({ place }) => place.reduction === 1) }
    );
  }

  /** The factor whose pixels a pane shows, where nothing else is different. */
  #shownFactor({ content }: Pane, now: Pane, steered: Steered): number | null {
    const own = seenAtOnce({ ...now, content }, steered);
    if (!own || keyButFactor(content) !== keyButFactor(now.content)) return null;
    if (!this.#cache.shows(own.content, own.tile.region)) return null;
    // What was measured to be clean is shown as it is.
    return factorOf(content.choices, steered.measured) ?? 0;
  }
}

const withChoices = (pane: Pane, choices: ViewChoices): Pane => ({
  ...pane,
  content: { ...pane.content, choices },
});

const factorOf = ({ noiseFactor }: ViewChoices, measured: number | null) =>
  noiseFactor === 'auto' ? measured : noiseFactor;
