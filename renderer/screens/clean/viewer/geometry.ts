import { outsideOf } from '../../../../contract/rectangle.ts';

/**
 * Where a picture lies in a viewport. Lengths on the screen are device pixels, so that 100 % is one pixel of the
 * picture on one of the screen; lengths in the picture are its own pixels.
 */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point, Size {}

/** Which point of the picture is in the middle of the viewport, and how large a pixel of it is drawn. */
export interface Camera extends Point {
  readonly zoom: number;
}

/** Larger than this a pixel is a tile of a floor. */
const largestZoom = 32;
/** Share of the fitted size to which a picture can be made smaller. */
const smallestOfFit = 0.5;

/** The zoom at which all of the picture is seen; a small picture is not blown up. */
export function fitZoom(picture: Size, viewport: Size): number {
  return Math.min(1, viewport.width / picture.width, viewport.height / picture.height);
}

export function fitted(picture: Size, viewport: Size): Camera {
  return { x: picture.width / 2, y: picture.height / 2, zoom: fitZoom(picture, viewport) };
}

/** Keeps the zoom within bounds and the picture in the viewport: no empty stretch beside a picture that is larger. */
export function held(camera: Camera, picture: Size, viewport: Size): Camera {
  const low = fitZoom(picture, viewport) * smallestOfFit;
  const zoom = Math.min(Math.max(camera.zoom, low), largestZoom);
  const along = (at: number, side: number, room: number) => {
    const half = room / zoom / 2;
    return side <= 2 * half ? side / 2 : Math.min(Math.max(at, half), side - half);
  };
  return {
    zoom,
    x: along(camera.x, picture.width, viewport.width),
    y: along(camera.y, picture.height, viewport.height),
  };
}

/** The point of the picture under a point of the viewport. */
export function toPicture(camera: Camera, viewport: Size, at: Point): Point {
  return {
    x: camera.x + (at.x - viewport.width / 2) / camera.zoom,
    y: camera.y + (at.y - viewport.height / 2) / camera.zoom,
  };
}

/** The inverse of `toPicture`. */
export function toViewport(camera: Camera, viewport: Size, at: Point): Point {
  return {
    x: (at.x - camera.x) * camera.zoom + viewport.width / 2,
    y: (at.y - camera.y) * camera.zoom + viewport.height / 2,
  };
}

/** Another zoom with the same point of the picture under `at`. */
export function zoomedAround(camera: Camera, viewport: Size, at: Point, zoom: number): Camera {
  const fixed = toPicture(camera, viewport, at);
  return {
    zoom,
    x: fixed.x - (at.x - viewport.width / 2) / zoom,
    y: fixed.y - (at.y - viewport.height / 2) / zoom,
  };
}

/** Moved by a way on the screen, as if the picture were pushed. */
export function pushed(camera: Camera, by: Point): Camera {
  return { ...camera, x: camera.x - by.x / camera.zoom, y: camera.y - by.y / camera.zoom };
}

/** The next of the usual steps: … 50, 67, 100, 150, 200 % … */
export function zoomStep(zoom: number, direction: 1 | -1): number {
  const steps = [1 / 64, 1 / 48, 1 / 32, 1 / 24, 1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32]; // prettier-ignore
  if (direction > 0) return steps.find((step) => step > zoom * 1.01) ?? largestZoom;
  return steps.findLast((step) => step < zoom * 0.99) ?? steps[0]!;
}

/** The part of the picture that the viewport shows, in whole pixels; null when there is none. */
export function visiblePart(camera: Camera, picture: Size, viewport: Size): Box | null {
  const from = toPicture(camera, viewport, { x: 0, y: 0 });
  const to = toPicture(camera, viewport, { x: viewport.width, y: viewport.height });
  const x = Math.max(0, Math.floor(from.x));
  const y = Math.max(0, Math.floor(from.y));
  const width = Math.min(picture.width, Math.ceil(to.x)) - x;
  const height = Math.min(picture.height, Math.ceil(to.y)) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** The middle of a part, no larger than `side`: what is measured when all of it would take too long. */
export function middleOf(part: Box, side: number): Box {
  const width = Math.min(part.width, side);
  const height = Math.min(part.height, side);
  return {
    x: part.x + Math.floor((part.width - width) / 2),
    y: part.y + Math.floor((part.height - height) / 2),
    width,
    height,
  };
}

export function contains(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

/** Whether boxes show all of a region together. */
export function cover(boxes: readonly Box[], region: Box): boolean {
  let open: Box[] = [region];
  for (const box of boxes) open = open.flatMap((part) => outsideOf(part, box));
  return open.length === 0;
}

/** The smallest box around another whose sides lie on multiples of `grid`, or where the picture ends. */
export function onGrid(box: Box, grid: number, picture: Size): Box {
  const x = Math.floor(box.x / grid) * grid;
  const y = Math.floor(box.y / grid) * grid;
  const end = (at: number, length: number, most: number) =>
    Math.min(most, Math.ceil((at + length) / grid) * grid);
  return {
    x,
    y,
    width: end(box.x, box.width, picture.width) - x,
    height: end(box.y, box.height, picture.height) - y,
  };
}
