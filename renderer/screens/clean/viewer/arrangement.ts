import type { ViewChoices, ViewLayer } from '../../../../contract/view.ts';
import type { View } from '../../../state/view.svelte.ts';
import type { Size } from './geometry.ts';
import { sidePanes, splitPanes, type Pane, type Part } from './panes.ts';
import type { Variant } from './variants.ts';

type Looking = Pick<View, 'mode' | 'divider' | 'held' | 'amplification' | 'added'>;

/** Which layers stand where. `ahead`: what is fetched too, because it will be looked at next. */
export function arrange(
  view: Looking,
  choices: ViewChoices,
  variants: readonly Variant[],
  stage: Size,
): { readonly panes: readonly Pane[]; readonly ahead: readonly Part[] } {
  const part = (layer: ViewLayer, id: string = layer, own = choices): Part => {
    return { id, content: { layer, choices: own, amplification: view.amplification } };
  };
  const noisy = part('noisy');
  const denoised = part('denoised');
  const one = (shown: Part, ahead: readonly Part[]) => ({ panes: sidePanes([shown], stage), ahead });
  if (view.held && view.mode !== 'variants') return one(noisy, [denoised]);
  switch (view.mode) {
    case 'split':
      return { panes: splitPanes(noisy, denoised, stage, view.divider), ahead: [] };
    case 'side': {
      const parts = view.added ? [part('clean'), noisy, denoised] : [noisy, denoised];
      return { panes: sidePanes(parts, stage), ahead: [] };
    }
    case 'hold':
      return one(denoised, [noisy]);
    case 'removed':
      return one(part('residual'), []);
    case 'variants': {
      const parts = variants.map((variant, index) => part('denoised', `variant-${index}`, variant.choices));
      return { panes: sidePanes(parts, stage), ahead: [] };
    }
  }
}
