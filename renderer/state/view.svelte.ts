import type { QueueRow } from '../../contract/batch.ts';
import { AppError, failureOf, type Failure } from '../../contract/errors.ts';
import type { NoiseEstimate } from '../../contract/measure.ts';
import { fieldNoiseKinds, noiseLimits } from '../../contract/noise.ts';
import type { PictureChoices } from '../../contract/settings.ts';
import type { OpenedView } from '../../contract/view.ts';
import type { AddedNoise, ViewChoices } from '../../contract/view.ts';
import type { Calls } from './calls.ts';

export const compareModes = ['split', 'side', 'hold', 'removed', 'variants'] as const;
export type CompareMode = (typeof compareModes)[number];

/** What the variants differ in. */
export const variantKinds = ['factor', 'strength', 'model'] as const;
export type VariantKind = (typeof variantKinds)[number];

/** What the viewer is to do next with its camera; the viewer alone knows its size. */
export type CameraWish = 'fit' | 'full' | 'double' | 'closer' | 'farther' | 'measured-area';

/** The picture that is looked at, and how. */
export class View {
  #row = $state.raw<string | null>(null);
  #opened = $state.raw<OpenedView | null>(null);
  #estimate = $state.raw<NoiseEstimate | null>(null);
  #failure = $state.raw<Failure | null>(null);
  #opening = 0;
  /** Pictures that are passed over quickly are not opened to their end. */
  readonly #looker = crypto.randomUUID();
  /** Which part was looked at when the viewer was closed: its middle and zoom. Null where all of it was. */
  left: { readonly picture: string; readonly x: number; readonly y: number; readonly zoom: number } | null =
    null;
  #wish = $state.raw<{ readonly wish: CameraWish } | null>(null);
  mode = $state<CompareMode>('split');
  /** Place of the line in split mode, 0 to 1. */
  divider = $state(0.5);
  /** The original is shown while a key or button is held. */
  held = $state(false);
  amplification = $state(4);
  page = $state(0);
  variants = $state<VariantKind>('factor');
  /** Not null in the playground, which adds noise to a clean picture. */
  added = $state.raw<AddedNoise | null>(null);
  areaShown = $state(false);
  /** The hand is at the noise factor, and may move it next. */
  steering = $state(false);
  /** Share of the page the network has been over, for views below 100 %. */
  progress = $state<number | null>(null);
  /** Pixels that are to be seen are still on their way. */
  waiting = $state(false);
  /** Counts up when tiles that were not complete have more to show. */
  refreshed = $state(0);
  /** The zoom as the viewer shows it, and whether all of the picture fits. */
  shownZoom = $state(1);
  fits = $state(true);
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  get row(): string | null {
    return this.#row;
  }

  /** Null while a picture is being opened. */
  get opened(): OpenedView | null {
    return this.#opened;
  }

  /** The noise of its first page; null while it is being measured, which takes longer than opening. */
  get estimate(): NoiseEstimate | null {
    return this.#estimate;
  }

  get failure(): Failure | null {
    return this.#failure;
  }

  get wish() {
    return this.#wish;
  }

  look(wish: CameraWish): void {
    this.#wish = { wish };
  }

  /** Opens a row of the queue for looking; an earlier opening that is still on its way is forgotten. */
  async show(row: QueueRow | null): Promise<void> {
    if (row?.id === this.#row) return;
    this.#row = row?.id ?? null;
    await this.reopen();
  }

  /** Also after the engine was restarted: what was open there is gone. */
  async reopen(): Promise<void> {
    const turn = ++this.#opening;
    const before = this.#opened;
    this.#opened = null;
    this.#estimate = null;
    this.#failure = null;
    this.progress = null;
    this.page = 0;
    if (before) void this.#calls.host.invoke('closeView', { view: before.view });
    if (this.#row === null) return;
    try {
      const opened = await this.#calls.demand('openView', { row: this.#row, looker: this.#looker });
      if (turn !== this.#opening) return void this.#calls.host.invoke('closeView', { view: opened.view });
      this.#opened = opened;
      const estimate = await this.#calls.demand('measureView', { view: opened.view });
      if (turn === this.#opening) this.#estimate = estimate;
    } catch (thrown) {
      if (turn === this.#opening) this.fail(failureOf(thrown));
    }
  }

  fail(failure: Failure): void {
    if (failure.code === 'view-not-found') void this.reopen();
    else this.#failure = new AppError(failure.code, failure.details);
  }

  /** Something else is asked for: what went wrong before is over. */
  recover(): void {
    this.#failure = null;
  }

  onProgress(view: string, page: number, fraction: number): void {
    if (view !== this.#opened?.view || page !== this.page) return;
    this.progress = fraction > 0.995 ? null : fraction;
    this.refreshed++;
  }

  /** Adds noise to the picture; what was added before stays in what is not said anew. */
  play(changes: Partial<AddedNoise>): void {
    const added = { kind: fieldNoiseKinds[0], noiseFactor: 0, seed: 1, ...this.added, ...changes };
    const { high } = noiseLimits[added.kind];
    this.added = { ...added, noiseFactor: Math.min(added.noiseFactor, high) };
  }

  /** The choices of a picture as its pixels depend on them. In the playground the network is told the truth. */
  choicesFor(choices: PictureChoices): ViewChoices {
    const { added } = this;
    if (!added) return { ...choices, added: null };
    return { ...choices, noiseFactor: added.noiseFactor, added };
  }
}
