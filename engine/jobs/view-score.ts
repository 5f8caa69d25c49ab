import { AppError } from '../../contract/errors.ts';
import type { ViewScore } from '../../contract/view.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { bestBlur, bestMedian, REACH } from '../../model/baselines/best-baseline.ts';
import type { FloatImage, Raster } from '../../model/image.ts';
import { compare, roundedToEightBit, toFloat } from '../../model/metrics/compare.ts';
import { cropRaster, widened } from '../../model/region.ts';
import type { Handler } from '../channel.ts';
import { toDepth } from '../images/depth.ts';
import { cleaningOf, type ViewDependencies } from '../views/cleaning.ts';
import { checkRegion, middleOf, pageOf } from '../views/region.ts';
import { denoisedPart } from '../views/render-full.ts';
import { partOf } from '../views/view.ts';

/** More says nothing new, and would make people wait. */
const SCORED_SIDE = 384;

/**
 * PSNR and SSIM of a part of the playground against the clean picture, and of two plain filters for comparison. Of a
 * large part its middle is scored.
 * @throws AppError `argument-invalid` where no noise was added: then nothing is known to be clean
 */
export function createScoreViewHandler(dependencies: ViewDependencies): Handler<'scoreView'> {
  return async ({ view: id, page: index, region: asked, choices, ...runtime }, { signal }) => {
    const view = dependencies.views.get(id);
    const stop = AbortSignal.any([signal, view.closed]);
    const { added } = choices;
    if (!added) {
      throw new AppError('argument-invalid', {
        parameter: 'added',
        expected: phrase('expect-noise'),
        received: phrase('received-nothing'),
      });
    }
    const page = await pageOf(view, index);
    checkRegion(page, asked);
    const region = middleOf(asked, SCORED_SIDE);
    const cleaning = await cleaningOf(view, choices, runtime, dependencies);
    const control = { signal: stop, gate: dependencies.gate.lane('background', stop) };
    const noisy = partOf(page, 'raster', region, added);
    const denoised = await denoisedPart(view, page, region, noisy, cleaning, control);
    const clean = asShown(partOf(page, 'raster', region, null));
    const score = (image: Raster): ViewScore => compare(asShown(image), clean);
    // Filters see beyond the region what the network saw too.
    const around = widened(region, REACH, page.raster);
    const context = partOf(page, 'raster', around, added);
    const task = {
      noisy: { ...context, samples: toDepth(context.samples, 8) as Uint8Array },
      inside: (image: FloatImage) =>
        asShown(cropRaster(image, { ...region, x: region.x - around.x, y: region.y - around.y })),
      clean,
      signal: stop,
    };
    return {
      noisy: score(noisy),
      denoised: score(denoised),
      blur: score(await bestBlur(task)),
      median: score(await bestMedian(task)),
    };
  };
}

/** As it is seen: rounded to 8 bit. */
const asShown = (image: Raster): FloatImage => roundedToEightBit(toFloat(image));
