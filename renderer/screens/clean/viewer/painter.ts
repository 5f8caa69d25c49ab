import { toViewport, type Box, type Camera } from './geometry.ts';
import { contentKey, type Pane } from './panes.ts';
import type { StandIn } from './stand-ins.ts';
import type { CachedTile, TileCache } from './tile-cache.ts';

/** How many earlier contents of a pane may still be seen while the newest is on its way. */
const remembered = 3;

/** Draws panes from the tiles that are there. What was shown stays until better pixels have come: nothing flickers. */
export class Painter {
  readonly #cache: TileCache<ImageBitmap>;
  readonly #earlier = new Map<string, string[]>();

  constructor(cache: TileCache<ImageBitmap>) {
    this.#cache = cache;
  }

  forget(): void {
    this.#earlier.clear();
  }

  /** @param standInFor what is drawn in place of a pane's own pixels while they are on their way */
  paint(
    context: CanvasRenderingContext2D,
    prefix: string,
    panes: readonly Pane[],
    camera: Camera,
    standInFor: (pane: Pane) => StandIn<CachedTile<ImageBitmap>> | null,
  ) {
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    // Above 100 % a pixel is a pixel: what is looked at is noise, and smoothing would hide it.
    context.imageSmoothingEnabled = camera.zoom < 1;
    context.imageSmoothingQuality = 'high';
    for (const pane of panes) {
      context.save();
      context.beginPath();
      context.rect(pane.clip.x, pane.clip.y, pane.clip.width, pane.clip.height);
      context.clip();
      for (const tile of this.#layersOf(pane, prefix)) drawTile(context, tile, pane.box, camera);
      const standIn = standInFor(pane);
      if (standIn) drawStandIn(context, standIn, pane.box, camera);
      context.restore();
    }
  }

  /** The tiles of a pane from lowest to topmost: incomplete new ones, complete older ones, complete new ones. */
  #layersOf(pane: Pane, prefix: string): CachedTile<ImageBitmap>[] {
    const newest = prefix + contentKey(pane.content);
    const slot = `${prefix}${pane.id}`;
    const before = this.#earlier.get(slot) ?? [];
    const contents = [...before.filter((content) => content !== newest), newest].slice(-remembered - 1);
    this.#earlier.set(slot, contents);
    const tiles = contents.flatMap((content) => this.#cache.of(content));
    if (pane.content.layer === 'denoised') {
      // The picture itself stands in for what is not cleaned yet.
      const noisy = prefix + contentKey({ ...pane.content, layer: 'noisy' });
      tiles.unshift(...this.#cache.of(noisy).map((tile) => ({ ...tile, complete: false })));
    }
    return [...tiles.filter((tile) => !tile.complete), ...tiles.filter((tile) => tile.complete)];
  }
}

function drawStandIn(
  context: CanvasRenderingContext2D,
  { mixture, own }: StandIn<CachedTile<ImageBitmap>>,
  box: Box,
  camera: Camera,
) {
  drawTile(context, mixture.lower, box, camera);
  context.globalAlpha = mixture.share;
  drawTile(context, mixture.upper, box, camera);
  context.globalAlpha = 1;
  for (const tile of own) drawTile(context, tile, box, camera);
}

function drawTile(
  context: CanvasRenderingContext2D,
  { region, bitmap }: CachedTile<ImageBitmap>,
  box: Box,
  camera: Camera,
) {
  const from = toViewport(camera, box, region);
  const to = toViewport(camera, box, { x: region.x + region.width, y: region.y + region.height });
  // Whole device pixels, or seams show between tiles.
  const left = Math.round(from.x);
  const top = Math.round(from.y);
  const width = Math.round(to.x) - left;
  const height = Math.round(to.y) - top;
  if (left > box.width || top > box.height || left + width < 0 || top + height < 0) return;
  context.drawImage(bitmap, box.x + left, box.y + top, width, height);
}
