import type { Raster } from '../image.ts';
import type { Rectangle } from '../../contract/rectangle.ts';
import { notFinite, tileAnswerer } from './denoise.ts';
import { roundUp } from './plan-tiles.ts';
import type { TileNetwork } from './tile-network.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

type Reach = Pick<TileNetwork, 'radius' | 'blockRadius' | 'multiple'>;

/**
 * What a network has to read so that its answer inside `wanted` is that for the whole picture: the receptive field
 * around it, on the network's size multiple. Where the picture ends the tile ends too, at the next multiple, as in a
 * plan of tiles.
 */
export function readingFor(wanted: Rectangle, picture: Size, network: Reach): Rectangle {
  const columns = readAxis(wanted.x, wanted.width, picture.width, network);
  const rows = readAxis(wanted.y, wanted.height, picture.height, network);
  return { x: columns.from, y: rows.from, width: columns.length, height: rows.length };
}

function readAxis(
  from: number,
  length: number,
  end: number,
  { radius, blockRadius = radius, multiple }: Reach,
): { from: number; length: number } {
  const around = roundUp(blockRadius, multiple);
  const first = Math.max(0, Math.floor(from / multiple) * multiple - around);
  const last = Math.min(roundUp(end, multiple), roundUp(from + length, multiple) + around);
  return { from: first, length: last - first };
}

/**
 * The network's answer for a part of a picture, float32 `[height, width, channels]` of `wanted` with the channels of
 * the picture. The same as in a cleaned picture up to the rounding of sums (about 1e-6), because libraries add in
 * another order for another tile size.
 * @param pixelsOf gives the noisy pixels of a rectangle within the picture
 * @throws AppError `model-unsuitable` when the answer is not finite
 */
export async function answerPart(
  wanted: Rectangle,
  picture: Size,
  network: TileNetwork,
  noiseFactor: number,
  pixelsOf: (rectangle: Rectangle) => Raster,
): Promise<Float32Array> {
  const read = readingFor(wanted, picture, network);
  // Only what lies within the picture is there; the tile mirrors it up to the multiple, as for the whole picture.
  const width = Math.min(read.width, picture.width - read.x);
  const height = Math.min(read.height, picture.height - read.y);
  const part = pixelsOf({ x: read.x, y: read.y, width, height });
  const tile = {
    row: { read: 0, keep: 0, keepLength: height },
    column: { read: 0, keep: 0, keepLength: width },
    height: read.height,
    width: read.width,
  };
  const inside = { ...wanted, x: wanted.x - read.x, y: wanted.y - read.y };
  const answer = await tileAnswerer(part, network, noiseFactor)(tile, inside);
  let sum = 0;
  for (let i = 0; i < answer.length; i++) sum += answer[i]!; // an iterator takes several times as long
  if (!Number.isFinite(sum)) throw notFinite();
  return answer;
}
