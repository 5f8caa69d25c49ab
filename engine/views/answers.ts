import { setImmediate } from 'node:timers/promises';
import { answerPart } from '../../model/inference/answer-part.ts';
import { roundUp } from '../../model/inference/plan-tiles.ts';
import type { Gate } from '../../model/inference/tile-network.ts';
import { outsideOf, sharedPart, type Rectangle } from '../../contract/rectangle.ts';
import { rectangleAround } from '../../model/region.ts';
import type { Cleaning } from './cleaning.ts';
import { partOf, type AnswerPiece, type View, type ViewPage } from './view.ts';

/** Side of a square that one run may answer: about a second, after which others come in. */
const LARGEST_RUN = 1024;
/** Longest side of what is kept in one piece. */
const PIECE = 64;
/** However little memory there is: less would be hardly more than what lies around it. */
const SMALLEST_RUN = 32;
/** Bytes one run may take where nothing else is said: those of a tile of a batch. */
const USUAL_MEMORY = 800e6;

export interface AnswerControl {
  readonly signal: AbortSignal;
  readonly gate: Gate;
}

/**
 * The network's answer for a region of a page at full size, float32 `[height, width, channels]`. What is kept of it is
 * taken; the network runs over the smallest rectangle around what is missing, in runs of bounded size.
 */
export async function answerOf(
  view: View,
  page: ViewPage,
  region: Rectangle,
  cleaning: Cleaning,
  control: AnswerControl,
): Promise<Float32Array> {
  const values = new Float32Array(region.width * region.height * page.raster.channels);
  for (const part of runsOver(region, cleaning)) {
    await fill({ region, values }, part, view, page, cleaning, control);
  }
  return values;
}

/**
 * A region cut into as few equal parts as a run allows, on multiples of the network: each costs what lies around it too.
 * The longer side is cut first.
 */
export function runsOver(
  { x, y, width, height }: Rectangle,
  { network, memory }: Pick<Cleaning, 'network' | 'memory'>,
): Rectangle[] {
  const { multiple, radius, bytesPerPixel } = network;
  const around = 2 * (radius + multiple);
  const bytes = Math.min(USUAL_MEMORY, memory > 0 ? memory / 3 : Infinity);
  const most = Math.min((LARGEST_RUN + around) ** 2, bytes / bytesPerPixel);
  const largest = Math.max((SMALLEST_RUN + around) ** 2, most);
  let [columns, rows] = [1, 1];
  while ((width / columns + around) * (height / rows + around) > largest) {
    if (width / columns > height / rows) columns++;
    else rows++;
  }
  return cuts(y, height, rows, multiple).flatMap((row) =>
    cuts(x, width, columns, multiple).map((column) => ({
      x: column.from,
      y: row.from,
      width: column.length,
      height: row.length,
    })),
  );
}

/** A stretch cut into equal ones that meet at multiples. */
function cuts(from: number, length: number, count: number, multiple: number) {
  const at = (cut: number) => {
    if (cut === 0 || cut === count) return from + (cut === 0 ? 0 : length);
    return Math.round((from + (cut * length) / count) / multiple) * multiple;
  };
  return Array.from({ length: count }, (_, cut) => ({ from: at(cut), length: at(cut + 1) - at(cut) }));
}

/** The region cut where multiples of `side` lie in the picture. */
export function blocksOf({ x, y, width, height }: Rectangle, side: number): Rectangle[] {
  const spansOf = (from: number, length: number) => {
    const spans: { from: number; length: number }[] = [];
    for (let at = from; at < from + length;) {
      const end = Math.min(from + length, (Math.floor(at / side) + 1) * side);
      spans.push({ from: at, length: end - at });
      at = end;
    }
    return spans;
  };
  const columns = spansOf(x, width);
  return spansOf(y, height).flatMap((row) =>
    columns.map((column) => ({ x: column.from, y: row.from, width: column.length, height: row.length })),
  );
}

/** Fills a part of an answer, from what is kept and by the network. */
async function fill(
  answer: AnswerPiece,
  part: Rectangle,
  view: View,
  page: ViewPage,
  cleaning: Cleaning,
  { gate, signal }: AnswerControl,
): Promise<void> {
  const { raster } = page;
  const name = `${page.page} ${cleaning.answer} `;
  if (takeKept(answer, part, view, name, raster.channels).length === 0) return;
  await gate.turn(async () => {
    signal.throwIfAborted();
    // Others may have been over some of it meanwhile.
    const missing = takeKept(answer, part, view, name, raster.channels);
    if (missing.length === 0) return;
    const region = blockAround(missing, cleaning.network.multiple, raster);
    const pixelsOf = (wanted: Rectangle) => partOf(page, 'covered', wanted, cleaning.added);
    const values = await answerPart(region, raster, cleaning.network, cleaning.noiseFactor, pixelsOf);
    keepPieces({ region, values }, view, name, raster.channels);
    copyShared({ region, values }, answer, raster.channels);
  });
  await setImmediate(); // what was said meanwhile is heard; a timer would wait for a millisecond or more
  signal.throwIfAborted();
}

/** Cut small, so that what has to go where there is little room goes piece by piece. */
function keepPieces(answer: AnswerPiece, view: View, prefix: string, channels: number): void {
  for (const region of blocksOf(answer.region, PIECE)) {
    const { x, y, width, height } = region;
    const piece = { region, values: new Float32Array(width * height * channels) };
    copyShared(answer, piece, channels);
    view.pieces.set(`${prefix}${x} ${y} ${width} ${height}`, piece);
  }
}

/** Takes what is kept into an answer, and tells which rectangles of the part were not. */
function takeKept(
  answer: AnswerPiece,
  part: Rectangle,
  view: View,
  prefix: string,
  channels: number,
): Rectangle[] {
  let missing = [part];
  for (const { name, value } of view.pieces.beginning(prefix)) {
    if (!missing.some((rectangle) => sharedPart(rectangle, value.region))) continue;
    view.pieces.get(name);
    copyShared(value, answer, channels);
    missing = missing.flatMap((rectangle) => outsideOf(rectangle, value.region));
  }
  return missing;
}

/** The smallest rectangle around some that begins and ends at multiples, or where the picture ends. */
function blockAround(
  parts: readonly Rectangle[],
  multiple: number,
  picture: { width: number; height: number },
): Rectangle {
  const around = rectangleAround(parts);
  const [x, y] = [around.x, around.y].map((at) => Math.floor(at / multiple) * multiple) as [number, number];
  const right = Math.min(picture.width, roundUp(around.x + around.width, multiple));
  const bottom = Math.min(picture.height, roundUp(around.y + around.height, multiple));
  return { x, y, width: right - x, height: bottom - y };
}

/** Copies what two rectangles share from the samples of one into those of the other. */
function copyShared(from: AnswerPiece, to: AnswerPiece, channels: number): void {
  const shared = sharedPart(from.region, to.region);
  if (!shared) return;
  const placeIn = ({ region }: AnswerPiece, y: number) =>
    ((y - region.y) * region.width + shared.x - region.x) * channels;
  for (let y = shared.y; y < shared.y + shared.height; y++) {
    const at = placeIn(from, y);
    to.values.set(from.values.subarray(at, at + shared.width * channels), placeIn(to, y));
  }
}
