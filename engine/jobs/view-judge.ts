import { toFloat } from '../../model/metrics/compare.ts';
import { judgeResidual } from '../../model/metrics/residual-structure.ts';
import { widened } from '../../model/region.ts';
import type { Handler } from '../channel.ts';
import { cleaningOf, type ViewDependencies } from '../views/cleaning.ts';
import { checkRegion, middleOf, pageOf } from '../views/region.ts';
import { denoisedPart } from '../views/render-full.ts';
import { partOf } from '../views/view.ts';

/** More says nothing new, and would make people wait; less scatters by chance. */
const LEAST_SIDE = 256;
const JUDGED_SIDE = 512;

/**
 * Whether what is removed from a part of a view is noise alone. Of a large part its middle is judged, a small one with
 * what lies around it.
 */
export function createJudgeResidualHandler(dependencies: ViewDependencies): Handler<'judgeResidual'> {
  return async ({ view: id, page: index, region: asked, choices, ...runtime }, { signal }) => {
    const view = dependencies.views.get(id);
    const stop = AbortSignal.any([signal, view.closed]);
    const page = await pageOf(view, index);
    checkRegion(page, asked);
    const margin = Math.ceil(Math.max(0, LEAST_SIDE - Math.min(asked.width, asked.height)) / 2);
    const region = middleOf(widened(asked, margin, page.raster), JUDGED_SIDE);
    const cleaning = await cleaningOf(view, choices, runtime, dependencies);
    const control = { signal: stop, gate: dependencies.gate.lane('background', stop) };
    const noisy = toFloat(partOf(page, 'covered', region, choices.added));
    const denoised = toFloat(await denoisedPart(view, page, region, noisy, cleaning, control));
    return { ...judgeResidual(noisy, denoised), noiseFactor: cleaning.noiseFactor };
  };
}
