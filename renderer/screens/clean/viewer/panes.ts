import type { ViewChoices, ViewLayer } from '../../../../contract/view.ts';
import type { Box, Size } from './geometry.ts';

/** What a pane shows: a layer of the picture under some choices. */
export interface Content {
  readonly layer: ViewLayer;
  readonly choices: ViewChoices;
  readonly amplification: number;
}

/** One picture on the stage. `box`: its viewport; `clip`: the stretch of it that is seen. Device pixels. */
export interface Pane {
  /** Names the place: what was shown there before stays until the new pixels have come. */
  readonly id: string;
  readonly content: Content;
  readonly box: Box;
  readonly clip: Box;
}

export interface Part {
  readonly id: string;
  readonly content: Content;
}

/** Width of the line between pictures that stand side by side. */
export const gap = 4;

/** One over the other, parted by a line at a share of the width. */
export function splitPanes(left: Part, right: Part, stage: Size, divider: number): Pane[] {
  const box = { x: 0, y: 0, ...stage };
  const at = Math.round(stage.width * divider);
  return [
    { ...left, box, clip: { ...box, width: at } },
    { ...right, box, clip: { ...box, x: at, width: stage.width - at } },
  ];
}

/** Side by side; four stand two by two. */
export function sidePanes(parts: readonly Part[], stage: Size): Pane[] {
  const columns = parts.length === 4 ? 2 : parts.length;
  const rows = Math.ceil(parts.length / columns);
  const width = Math.floor((stage.width - gap * (columns - 1)) / columns);
  const height = Math.floor((stage.height - gap * (rows - 1)) / rows);
  return parts.map((part, index) => {
    const x = (index % columns) * (width + gap);
    const y = Math.floor(index / columns) * (height + gap);
    const box = { x, y, width, height };
    return { ...part, box, clip: box };
  });
}

/** Text that is equal exactly where the pixels are: what a tile is remembered by. */
export function contentKey({ layer, choices, amplification }: Content): string {
  const { model, noiseFactor, strength, colourStrength, added } = choices;
  const noise = added ? `${added.kind} ${added.noiseFactor} ${added.seed}` : '';
  if (layer === 'clean') return 'clean';
  if (layer === 'noisy') return `noisy|${noise}`;
  const cleaned = `${model}|${noiseFactor}|${strength}|${colourStrength ?? ''}|${noise}`;
  return layer === 'residual' ? `residual|${amplification}|${cleaned}` : `denoised|${cleaned}`;
}

/** Equal for contents that differ in nothing but the noise factor. */
export const keyButFactor = (content: Content): string =>
  contentKey({ ...content, choices: { ...content.choices, noiseFactor: 'auto' } });
