import { nextTurn, notFinite, planFor, tileAnswerer } from '../../model/inference/denoise.ts';
import {
  addPart,
  addTile,
  emptySums,
  smallestReduction,
  type ReducedSums,
} from '../../model/inference/reduce.ts';
import { tilesOf, type TilePlace } from '../../model/inference/tile-samples.ts';
import { widened } from '../../model/region.ts';
import type { AddedNoise } from '../../contract/view.ts';
import type { AnswerControl } from './answers.ts';
import type { Cleaning } from './cleaning.ts';
import { partOf, type View, type ViewPage } from './view.ts';

/**
 * Bytes of one reduced copy of a page. Float32 with counts at half size fit for 27 megapixels of RGB, at a quarter
 * for 110: so a 100-megapixel picture is kept at a quarter (88 MB for the picture, as much for each answer of a
 * network), and what is asked for at half of its size is cleaned at full size and averaged on the spot.
 */
const BYTES_OF_A_COPY = 96e6;
/** Longest side of a background tile: between two of them, pixels somebody waits for come in. */
const LONGEST_TILE = 768;
/** Pixels averaged before others come in. */
const PIXELS_AT_ONCE = 1e6;

/** The network's answers for a page as far as it has been over it, reduced, and which tiles are done. */
export interface ReducedAnswers extends ReducedSums {
  readonly tiles: readonly TilePlace[];
  readonly done: Uint8Array;
}

/** The finest reduction at which copies of a page are kept. */
export function keptReduction({ raster }: ViewPage): number {
  return smallestReduction(raster, raster.channels, BYTES_OF_A_COPY);
}

/** The page itself, or with the playground's noise, reduced; `alpha` is its opacity. */
export function reducedPage(
  view: View,
  page: ViewPage,
  what: 'colour' | 'alpha',
  added: AddedNoise | null,
): Promise<ReducedSums> {
  const name = `${page.page} ${what} ${JSON.stringify(added)}`;
  return view.reduced(name, async () => {
    const { raster, alpha } = page;
    const source = what === 'alpha' ? { ...page, covered: alpha! } : page;
    const reduction = keptReduction(page);
    const sums = emptySums(raster, source.covered.channels, reduction);
    const rows = Math.max(1, Math.floor(PIXELS_AT_ONCE / raster.width));
    for (let y = 0; y < raster.height; y += rows) {
      const band = { x: 0, y, width: raster.width, height: Math.min(rows, raster.height - y) };
      addPart(sums, partOf(source, 'covered', band, what === 'alpha' ? null : added), band);
      await nextTurn();
      view.closed.throwIfAborted();
    }
    return sums;
  });
}

export const answersName = (page: ViewPage, { answer }: Cleaning): string => `${page.page} ${answer}`;

/**
 * Cleans all of a page, tile by tile of a batch's plan, and adds each answer to the reduced copy. Taken up where it
 * was left.
 */
export async function completeAnswers(
  view: View,
  page: ViewPage,
  cleaning: Cleaning,
  { gate, signal }: AnswerControl,
  onProgress: (fraction: number) => void,
): Promise<void> {
  const name = answersName(page, cleaning);
  const answers = view.answers.get(name) ?? emptyAnswers(page, cleaning);
  view.answers.set(name, answers); // at once, so that a second request shares the work
  for (const [index, tile] of answers.tiles.entries()) {
    if (answers.done[index]) continue;
    await gate.turn(async () => {
      signal.throwIfAborted();
      if (answers.done[index]) return;
      addTile(answers, await answerTile(page, tile, cleaning), tile);
      answers.done[index] = 1;
      view.answers.set(name, answers);
    });
    onProgress(answers.done.reduce((sum, done) => sum + done, 0) / answers.tiles.length);
    await nextTurn();
    signal.throwIfAborted();
  }
}

function emptyAnswers(page: ViewPage, { network, memory }: Cleaning): ReducedAnswers {
  const { raster } = page;
  const tiles = tilesOf(planFor(raster, network, { tileLimit: LONGEST_TILE, memory }));
  const sums = emptySums(raster, raster.channels, keptReduction(page));
  return { ...sums, tiles, done: new Uint8Array(tiles.length) };
}

/** The answer for one tile of the plan, shaped as the tile. */
async function answerTile(page: ViewPage, tile: TilePlace, cleaning: Cleaning): Promise<Float32Array> {
  const { network, noiseFactor, added } = cleaning;
  const { row, column, width, height } = tile;
  const read = widened({ x: column.read, y: row.read, width, height }, 0, page.raster);
  const part = partOf(page, 'covered', read, added);
  const place = {
    ...tile,
    row: { ...row, read: 0 },
    column: { ...column, read: 0 },
  };
  const answer = await tileAnswerer(part, network, noiseFactor)(place);
  if (!Number.isFinite(answer.reduce((sum, value) => sum + value, 0))) throw notFinite();
  return answer;
}
