import { randomUUID } from 'node:crypto';
import { AppError } from '../../contract/errors.ts';
import type { OpenedView } from '../../contract/view.ts';
import { decodePage } from '../images/decode.ts';
import type { ValueRange } from '../images/float-range.ts';
import { openImage, type OpenedImage } from '../images/open.ts';
import { isMultiplied } from '../images/page-values.ts';
import { ByteBound } from './kept.ts';
import { pngColourOf } from './png-of-pixels.ts';
import { View, viewPageOf, type ViewPage } from './view.ts';

/** Of a bound for the whole engine, the share that views may keep; the network's tiles take as much. */
const SHARE_OF_MEMORY = 1 / 3;

/**
 * The pictures that are looked at. All they keep (decoded pages, the network's answers, reduced copies) shares one
 * bound in bytes; a page that had to go is decoded again when it is asked for, from the same file or not at all.
 * What a request works on at the moment comes on top: the part it was asked for, one tile of the network, and while
 * a file is read what decoding takes; files are read one after the other.
 */
export class ViewStore {
  readonly #views = new Map<string, View>();
  readonly #bound: ByteBound;
  readonly #bytes: number;
  #reading: Promise<unknown> = Promise.resolve();

  /** @param bytes that may be kept where the person has set no bound */
  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#bound = new ByteBound(bytes);
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return this.#bound.bytes;
  }

  /** @param memory bound for the engine's memory in bytes; 0: none but the store's own */
  async open(file: string, memory: number, signal: AbortSignal): Promise<OpenedView> {
    this.#bound.limitTo(memory > 0 ? Math.min(this.#bytes, memory * SHARE_OF_MEMORY) : this.#bytes);
    return await this.#oneByOne(async () => {
      signal.throwIfAborted();
      const image = await openImage(file, { memory, signal });
      const decoded = await decodePage(image, 0);
      const first = viewPageOf(decoded, isMultiplied(image, decoded));
      const { summary } = image;
      const range = summary.bitDepth === 8 ? undefined : decoded.range;
      const decode = this.#decoderOf(image, memory, first, range);
      const view = new View({ file, summary, colour: pngColourOf(image), decode }, this.#bound);
      await view.page(0);
      signal.throwIfAborted();
      const id = randomUUID();
      this.#views.set(id, view);
      return { view: id, summary };
    });
  }

  close(id: string): void {
    this.#views.get(id)?.close();
    this.#views.delete(id);
  }

  /** @throws AppError `view-not-found` */
  get(id: string): View {
    const view = this.#views.get(id);
    if (!view) throw new AppError('view-not-found');
    return view;
  }

  /**
   * Keeps of the file only what reading it again takes; gives the page that is there already once.
   * @param range that of the whole file, which need not be measured again for each page
   */
  #decoderOf(
    image: OpenedImage,
    memory: number,
    first: ViewPage,
    range: ValueRange | null | undefined,
  ): (page: number) => Promise<ViewPage> {
    const { file } = image;
    const expected = { bytes: image.stat.bytes, modifiedMs: image.stat.modifiedMs };
    let there: ViewPage | null = first;
    return (index) => {
      const page = there;
      there = null;
      if (page?.page === index) return Promise.resolve(page);
      return this.#oneByOne(async () => {
        const again = await openImage(file, { expected, memory });
        const decoded = await decodePage(again, index, range);
        return viewPageOf(decoded, isMultiplied(again, decoded));
      });
    };
  }

  #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#reading.then(work);
    this.#reading = mine.catch(() => undefined);
    return mine;
  }
}
