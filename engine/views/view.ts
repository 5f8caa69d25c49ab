import { setTimeout } from 'node:timers/promises';
import type { NoiseEstimate } from '../../contract/measure.ts';
import type { ImageSummary } from '../../contract/image.ts';
import type { AddedNoise } from '../../contract/view.ts';
import type { Raster } from '../../model/image.ts';
import { coverHiddenColour } from '../../model/inference/hidden-colour.ts';
import { bytesOfSums, type ReducedSums } from '../../model/inference/reduce.ts';
import { addNoiseField } from '../../model/noise/noise-field.ts';
import type { Rectangle } from '../../contract/rectangle.ts';
import { cropRaster } from '../../model/region.ts';
import type { DecodedPage } from '../images/decode.ts';
import { noiseOf } from '../jobs/estimate.ts';
import { Kept, type ByteBound } from './kept.ts';
import type { PngColour } from './png-of-pixels.ts';
import type { ReducedAnswers } from './reduced-answers.ts';

/** One decoded page, as it is looked at. */
export interface ViewPage {
  readonly page: number;
  /** Upright, in the file's own depth. */
  readonly raster: Raster;
  readonly alpha: Raster | null;
  /** Alpha has been multiplied into the colour. */
  readonly multiplied: boolean;
  /** What networks see: colour under full transparency covered. The raster itself where nothing is hidden. */
  readonly covered: Raster;
}

export function viewPageOf({ page, raster, alpha }: DecodedPage, multiplied: boolean): ViewPage {
  return { page, raster, alpha, multiplied, covered: alpha ? coverHiddenColour(raster, alpha) : raster };
}

function bytesOfPage({ raster, alpha, covered }: ViewPage): number {
  const own = raster.samples.byteLength + (alpha?.samples.byteLength ?? 0);
  return own + (covered === raster ? 0 : covered.samples.byteLength);
}

/** The network's answer for a rectangle of a page, float32 `[height, width, channels]`. */
export interface AnswerPiece {
  readonly region: Rectangle;
  readonly values: Float32Array;
}

/** What a view is made from. */
export interface ViewFacts {
  readonly file: string;
  readonly summary: ImageSummary;
  readonly colour: PngColour;
  /** Reads one page of the file, again where its pixels were let go. */
  readonly decode: (page: number) => Promise<ViewPage>;
}

/** Measuring begins when nothing was asked for so long that could be shown without it, and waits no longer than this. */
const QUIET_MS = 60;
const LONGEST_WAIT_MS = 1500;

/** A picture that is looked at: what of it is kept, all of it within the bound that all views share. */
export class View {
  readonly facts: ViewFacts;
  /** The network's answers at full size, as far as it has been asked. */
  readonly pieces: Kept<AnswerPiece>;
  readonly answers: Kept<ReducedAnswers>;
  readonly #pages: Kept<ViewPage>;
  readonly #reduced: Kept<ReducedSums>;
  readonly #making = new Map<string, Promise<unknown>>();
  #estimate: Promise<NoiseEstimate> | null = null;
  /** How many requests show the picture as it is, at the moment. */
  #showing = 0;
  readonly #closed = new AbortController();

  constructor(facts: ViewFacts, bound: ByteBound) {
    this.facts = facts;
    this.pieces = new Kept<AnswerPiece>(bound, ({ values }) => values.byteLength);
    this.answers = new Kept<ReducedAnswers>(bound, bytesOfSums);
    this.#pages = new Kept(bound, bytesOfPage);
    this.#reduced = new Kept(bound, bytesOfSums);
  }

  /** Aborted when the view is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  page(index: number): Promise<ViewPage> {
    return this.#once(this.#pages, `page ${index}`, String(index), () => this.facts.decode(index));
  }

  /** Work on pixels that need no measuring. */
  async show<T>(work: () => Promise<T>): Promise<T> {
    this.#showing++;
    try {
      return await work();
    } finally {
      this.#showing--;
    }
  }

  /**
   * The noise of the first page, measured once. That takes most of a second in which nothing else is answered: the
   * picture itself is shown before.
   */
  measure(): Promise<NoiseEstimate> {
    const measured = (this.#estimate ??= this.#measure());
    measured.catch(() => (this.#estimate = null));
    return measured;
  }

  async #measure(): Promise<NoiseEstimate> {
    const { raster, alpha } = await this.page(0);
    const latest = performance.now() + LONGEST_WAIT_MS;
    do await setTimeout(QUIET_MS, undefined, { signal: this.closed });
    while (this.#showing > 0 && performance.now() < latest);
    return noiseOf(this.facts.file, raster, alpha, this.closed);
  }

  reduced(name: string, make: () => Promise<ReducedSums>): Promise<ReducedSums> {
    return this.#once(this.#reduced, `reduced ${name}`, name, make);
  }

  /** Lets everything go; work that is still going on ends with the signal and leaves nothing. */
  close(): void {
    this.#closed.abort();
    for (const kept of [this.pieces, this.answers, this.#pages, this.#reduced]) kept.close();
  }

  /** Several requests at once wait for the same work. */
  async #once<T>(kept: Kept<T>, work: string, name: string, make: () => Promise<T>): Promise<T> {
    const there = kept.get(name);
    if (there !== undefined) return there;
    const going = this.#making.get(work) as Promise<T> | undefined;
    if (going) return going;
    const made = make().then((value) => (kept.set(name, value), value));
    this.#making.set(work, made);
    try {
      return await made;
    } finally {
      this.#making.delete(work);
    }
  }
}

/** The pixels of a part, with the playground's noise where there is any; in the file's own depth. */
export function partOf(
  page: ViewPage,
  which: 'raster' | 'covered',
  part: Rectangle,
  added: AddedNoise | null,
): Raster {
  const pixels = cropRaster(page[which], part);
  if (added) addNoiseField(pixels, part, { ...added, page: page.page });
  return pixels;
}
