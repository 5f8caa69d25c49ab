import type { Box, Camera, Size } from './geometry.ts';
import { visiblePart } from './geometry.ts';

/** Side of a tile as it is drawn, in pixels. */
export const tileSide = 512;

export const reductions = [1, 2, 4, 8, 16, 32, 64, 128] as const;
export type Reduction = (typeof reductions)[number];

/** The coarsest pixels that are still as fine as the screen: at 30 % a half, at 100 % and above all of them. */
export function reductionFor(zoom: number): Reduction {
  return reductions.findLast((reduction) => reduction * zoom <= 1.001) ?? 1;
}

/** One square of a picture at one reduction. */
export interface TilePlace {
  readonly reduction: Reduction;
  readonly column: number;
  readonly row: number;
}

/** Stands for no square, but for what is seen at full size as one tile. */
export const seenPlace: TilePlace = { reduction: 1, column: -1, row: -1 };

/** The part of the picture a tile holds, in its pixels; smaller at the right and lower edge. */
export function tileRegion({ reduction, column, row }: TilePlace, picture: Size): Box {
  const side = tileSide * reduction;
  const x = column * side;
  const y = row * side;
  return { x, y, width: Math.min(side, picture.width - x), height: Math.min(side, picture.height - y) };
}

/** Every tile that a viewport shows, those in its middle first. */
export function visibleTiles(camera: Camera, picture: Size, viewport: Size): TilePlace[] {
  const part = visiblePart(camera, picture, viewport);
  if (!part) return [];
  const reduction = reductionFor(camera.zoom);
  const side = tileSide * reduction;
  const places: TilePlace[] = [];
  for (let row = Math.floor(part.y / side); row * side < part.y + part.height; row++) {
    for (let column = Math.floor(part.x / side); column * side < part.x + part.width; column++) {
      places.push({ reduction, column, row });
    }
  }
  const away = ({ column, row }: TilePlace) =>
    Math.hypot((column + 0.5) * side - camera.x, (row + 0.5) * side - camera.y);
  return places.sort((one, other) => away(one) - away(other));
}
