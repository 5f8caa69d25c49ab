import { sharedPart } from '../../../../contract/rectangle.ts';
import type { ViewLayer, ViewTile } from '../../../../contract/view.ts';
import { onGrid, toPicture, type Box, type Camera, type Size } from './geometry.ts';
import { contentKey, type Pane, type Part } from './panes.ts';
import { reductionFor, seenPlace, tileRegion, visibleTiles, type TilePlace } from './tiles.ts';

/** A tile that is to be shown. */
export interface WantedTile {
  readonly content: string;
  readonly place: TilePlace;
  readonly tile: ViewTile;
}

/** What is looked at, and how. */
export interface Looking {
  readonly view: string;
  readonly page: number;
  readonly picture: Size;
  readonly camera: Camera;
  readonly panes: readonly Pane[];
  /** What will be looked at next. */
  readonly ahead: readonly Part[];
  /** Nothing has moved for some moments. */
  readonly resting: boolean;
}

/** The engine's networks begin and end at multiples of this. */
const blockSide = 8;
/** So much of what is seen is asked for as one tile, which comes all at once: more comes square by square. */
const mostAtOnce = 1.5e6;

const isAtOnce = (seen: Box | null): seen is Box => seen !== null && seen.width * seen.height <= mostAtOnce;

export const needsNetwork = (layer: ViewLayer) => layer === 'denoised' || layer === 'residual';

/** What the tiles of a view are remembered by, beside their content. */
export const prefixOf = (view: string, page: number): string => `${view}/${page}/`;

/** What is seen of panes that need the network first, then the tiles of all panes in turn, those in the middle first. */
export function seenTiles(looking: Looking): WantedTile[] {
  const { panes, resting } = looking;
  const clips = panes.map((pane) => lookedAt(pane, pane.clip, looking));
  const atOnce = clips.map(isAtOnce);
  const together = panes.flatMap((pane, at) => (atOnce[at] ? [seenTile(pane, clips[at]!, looking)] : []));
  const boxes = panes.map((pane, at) => (resting ? lookedAt(pane, pane.box, looking) : clips[at]!));
  const squares = placesOf(looking).flatMap((place) =>
    panes.flatMap((pane, at) =>
      atOnce[at] && !resting ? [] : tileOf(pane, place, boxes[at] ?? null, looking),
    ),
  );
  return [...together, ...squares];
}

/** All that is seen of a pane, where the network goes over it at once; else null. */
export function seenAtOnce(pane: Pane, looking: Looking): WantedTile | null {
  const region = lookedAt(pane, pane.clip, looking);
  return isAtOnce(region) ? seenTile(pane, region, looking) : null;
}

function seenTile({ content }: Pane, region: Box, { view, page }: Looking): WantedTile {
  const tile = { view, page, region, seen: null, reduction: seenPlace.reduction, ...content };
  return { content: prefixOf(view, page) + contentKey(content), place: seenPlace, tile };
}

/** In the order in which they are fetched. */
export function inOrder(seen: readonly WantedTile[], looking: Looking): WantedTile[] {
  const places = placesOf(looking);
  return [
    // What needs no network is there first, and stands in for the rest.
    ...seen.filter(({ tile }) => !needsNetwork(tile.layer)),
    ...seen.filter(({ tile }) => needsNetwork(tile.layer)),
    // What is only looked ahead for comes last.
    ...looking.ahead.flatMap((part) => places.flatMap((place) => tileOf(part, place, null, looking))),
  ];
}

const placesOf = ({ camera, picture, panes }: Looking): TilePlace[] => {
  const viewport = panes[0]?.box;
  return viewport ? visibleTiles(camera, picture, viewport) : [];
};

function tileOf(
  { content }: Part,
  place: TilePlace,
  looked: Box | null,
  { view, page, picture }: Looking,
): WantedTile[] {
  const whole = tileRegion(place, picture);
  const region = looked ? sharedPart(whole, looked) : whole;
  if (!region) return [];
  const tile = { view, page, region, seen: looked, reduction: place.reduction, ...content };
  return [{ content: prefixOf(view, page) + contentKey(content), place, tile }];
}

/**
 * The part of a pane that the network is to go over at once, in whole blocks of the engine: while something moves, what
 * is seen of it; at rest all of its viewport, so that the line of a split view can go anywhere. Null where whole tiles
 * are asked for: they cost nothing, or are averages that are made of all of the picture.
 */
function lookedAt({ content, box }: Pane, part: Box, { camera, picture }: Looking): Box | null {
  if (!needsNetwork(content.layer) || reductionFor(camera.zoom) > 1) return null;
  const from = toPicture(camera, box, { x: part.x - box.x, y: part.y - box.y });
  const sides = { width: part.width / camera.zoom, height: part.height / camera.zoom };
  const inside = sharedPart({ ...from, ...sides }, { x: 0, y: 0, ...picture });
  return inside && onGrid(inside, blockSide, picture);
}
