import type { Handler } from '../channel.ts';
import { cleaningOf, type ViewDependencies } from '../views/cleaning.ts';
import { pngOfPixels } from '../views/png-of-pixels.ts';
import { checkRegion, pageOf } from '../views/region.ts';
import { renderFull } from '../views/render-full.ts';
import { renderReduced } from '../views/render-reduced.ts';

/** Encoded pixels of a part of a view. Goes before everything else that waits for the network. */
export function createViewPixelsHandler(dependencies: ViewDependencies): Handler<'viewPixels'> {
  const answer: Handler<'viewPixels'> = async ({ tile, ...runtime }, { signal }) => {
    const view = dependencies.views.get(tile.view);
    const stop = AbortSignal.any([signal, view.closed]);
    const page = await pageOf(view, tile.page);
    checkRegion(page, tile.region, tile.reduction);
    if (tile.seen) checkRegion(page, tile.seen, tile.reduction);
    const control = { signal: stop, gate: dependencies.gate.lane('visible', stop) };
    const cleaning = () => cleaningOf(view, tile.choices, runtime, dependencies);
    const render = tile.reduction === 1 ? renderFull : renderReduced;
    const encoded = async () => {
      const { colour, alpha, complete } = await render(view, page, tile, cleaning, control);
      stop.throwIfAborted();
      const { multiplied } = page;
      const png = await pngOfPixels(colour, alpha, { multiplied, profile: view.facts.colour });
      return { png, complete };
    };
    const asItIs = tile.layer === 'noisy' || tile.layer === 'clean';
    return asItIs ? view.show(encoded) : encoded();
  };
  return (request, context) => dependencies.gate.show(() => answer(request, context));
}
