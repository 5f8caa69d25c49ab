import type { NoiseEstimate } from '../../contract/measure.ts';
import type { ImageSummary } from '../../contract/image.ts';
import type { AddedNoise } from '../../contract/view.ts';
import type { Raster } from '../../model/image.ts';
import { coverHiddenColour } from '../../model/inference/hidden-colour.ts';
import { bytesOfSums, type ReducedSums } from '../../model/inference/reduce.ts';
import { addNoiseField } from '../../model/noise/noise-field.ts';
import { cropRaster, type Rectangle } from '../../model/region.ts';
import type { DecodedPage } from '../images/decode.ts';
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

/** What a view is made from. */
export interface ViewFacts {
  readonly file: string;
  readonly summary: ImageSummary;
  readonly estimate: NoiseEstimate;
  readonly colour: PngColour;
  /** Reads one page of the file, again where its pixels were let go. */
  readonly decode: (page: number) => Promise<ViewPage>;
}

/** A picture that is looked at: what of it is kept, all of it within the bound that all views share. */
export class View {
  readonly facts: ViewFacts;
  /** The network's answers at full size, cell by cell. */
  readonly cells: Kept<Float32Array>;
  readonly answers: Kept<ReducedAnswers>;
  readonly #pages: Kept<ViewPage>;
  readonly #reduced: Kept<ReducedSums>;
  readonly #making = new Map<string, Promise<unknown>>();
  readonly #closed = new AbortController();

  constructor(facts: ViewFacts, bound: ByteBound) {
    this.facts = facts;
    this.cells = new Kept(bound, ({ byteLength }) => byteLength);
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

  reduced(name: string, make: () => Promise<ReducedSums>): Promise<ReducedSums> {
    return this.#once(this.#reduced, `reduced ${name}`, name, make);
  }

  /** Lets everything go; work that is still going on ends with the signal and leaves nothing. */
  close(): void {
    this.#closed.abort();
    for (const kept of [this.cells, this.answers, this.#pages, this.#reduced]) kept.close();
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
