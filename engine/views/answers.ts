import { answerPart } from '../../model/inference/answer-part.ts';
import { nextTurn } from '../../model/inference/denoise.ts';
import { roundUp } from '../../model/inference/plan-tiles.ts';
import type { Gate } from '../../model/inference/tile-network.ts';
import type { Rectangle } from '../../model/region.ts';
import type { Cleaning } from './cleaning.ts';
import { partOf, type View, type ViewPage } from './view.ts';

/**
 * Side of the squares in which answers are kept. Small ones waste little at the edges of what is looked at; the
 * network runs over many at once, because around each run it reads its receptive field too.
 */
const CELL = 32;
/** Longest side of what one run answers: about a third of a second, after which others come in. */
const LONGEST_RUN = 1024;
/** Bytes one run may take where nothing else is said: those of a tile of a batch. */
const USUAL_MEMORY = 800e6;

export interface AnswerControl {
  readonly signal: AbortSignal;
  readonly gate: Gate;
}

/**
 * The network's answer for a region of a page at full size, float32 `[height, width, channels]`. Cells that are there
 * are taken; the network runs over the smallest rectangle around those that are missing, in runs of bounded size.
 */
export async function answerOf(
  view: View,
  page: ViewPage,
  region: Rectangle,
  cleaning: Cleaning,
  control: AnswerControl,
): Promise<Float32Array> {
  const { raster } = page;
  const side = roundUp(CELL, cleaning.network.multiple);
  const answer = new Float32Array(region.width * region.height * raster.channels);
  const run = roundUp(longestRun(cleaning), side);
  for (const block of region.width <= run && region.height <= run ? [region] : blocksOf(region, run)) {
    const cells = cellsOf(block, side, raster);
    for (const [cell, values] of await cellsFor(view, page, cells, cleaning, control)) {
      copyShared(values, cell, answer, region, raster.channels);
    }
  }
  return answer;
}

function longestRun({ network, memory }: Cleaning): number {
  const bytes = Math.min(USUAL_MEMORY, memory > 0 ? memory / 3 : Infinity);
  const side = Math.sqrt(bytes / network.bytesPerPixel) - 2 * (network.radius + network.multiple);
  return Math.max(CELL, Math.min(LONGEST_RUN, side - CELL));
}

/** The region cut where multiples of `side` lie in the picture. */
export function blocksOf({ x, y, width, height }: Rectangle, side: number): Rectangle[] {
  const cuts = (from: number, length: number) => {
    const spans: { from: number; length: number }[] = [];
    for (let at = from; at < from + length;) {
      const end = Math.min(from + length, (Math.floor(at / side) + 1) * side);
      spans.push({ from: at, length: end - at });
      at = end;
    }
    return spans;
  };
  const columns = cuts(x, width);
  return cuts(y, height).flatMap((row) =>
    columns.map((column) => ({ x: column.from, y: row.from, width: column.length, height: row.length })),
  );
}

/** The cells of the picture's grid that a region touches, cut off where the picture ends. */
function cellsOf(
  { x, y, width, height }: Rectangle,
  side: number,
  picture: { width: number; height: number },
): Rectangle[] {
  const [left, top] = [Math.floor(x / side) * side, Math.floor(y / side) * side];
  const right = Math.min(picture.width, roundUp(x + width, side));
  const bottom = Math.min(picture.height, roundUp(y + height, side));
  return blocksOf({ x: left, y: top, width: right - left, height: bottom - top }, side);
}

async function cellsFor(
  view: View,
  page: ViewPage,
  cells: readonly Rectangle[],
  cleaning: Cleaning,
  { gate, signal }: AnswerControl,
): Promise<Map<Rectangle, Float32Array>> {
  const nameOf = ({ x, y }: Rectangle) => `${page.page} ${cleaning.answer} ${x} ${y}`;
  const found = new Map<Rectangle, Float32Array>();
  const missing = () => {
    for (const cell of cells) {
      const kept = found.get(cell) ?? view.cells.get(nameOf(cell));
      if (kept) found.set(cell, kept);
    }
    return cells.filter((cell) => !found.has(cell));
  };
  if (missing().length === 0) return found;
  await gate.turn(async () => {
    signal.throwIfAborted();
    const wanted = missing(); // others may have been over some of them meanwhile
    if (wanted.length === 0) return;
    const around = rectangleAround(wanted);
    const { raster } = page;
    const pixelsOf = (part: Rectangle) => partOf(page, 'covered', part, cleaning.added);
    const answer = await answerPart(around, raster, cleaning.network, cleaning.noiseFactor, pixelsOf);
    for (const cell of wanted) {
      const values = new Float32Array(cell.width * cell.height * raster.channels);
      copyShared(answer, around, values, cell, raster.channels);
      found.set(cell, values);
      view.cells.set(nameOf(cell), values);
    }
  });
  await nextTurn();
  signal.throwIfAborted();
  return found;
}

function rectangleAround(cells: readonly Rectangle[]): Rectangle {
  const x = Math.min(...cells.map((cell) => cell.x));
  const y = Math.min(...cells.map((cell) => cell.y));
  const right = Math.max(...cells.map((cell) => cell.x + cell.width));
  const bottom = Math.max(...cells.map((cell) => cell.y + cell.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** Copies what two rectangles share from the samples of one into those of the other. */
function copyShared(
  from: Float32Array,
  source: Rectangle,
  to: Float32Array,
  target: Rectangle,
  channels: number,
): void {
  const left = Math.max(source.x, target.x);
  const right = Math.min(source.x + source.width, target.x + target.width);
  const bottom = Math.min(source.y + source.height, target.y + target.height);
  if (right <= left) return;
  for (let y = Math.max(source.y, target.y); y < bottom; y++) {
    const at = ((y - source.y) * source.width + left - source.x) * channels;
    const run = from.subarray(at, at + (right - left) * channels);
    to.set(run, ((y - target.y) * target.width + left - target.x) * channels);
  }
}
