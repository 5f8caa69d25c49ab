import type { ViewTile } from '../../contract/view.ts';
import type { FloatImage, Raster } from '../../model/image.ts';
import { nextTurn } from '../../model/inference/denoise.ts';
import { addPart, boxesOf, emptySums, meansOf, type BoxMeans } from '../../model/inference/reduce.ts';
import type { Rectangle } from '../../contract/rectangle.ts';
import { cropRaster } from '../../model/region.ts';
import { answerOf, blocksOf, type AnswerControl } from './answers.ts';
import type { Cleaning } from './cleaning.ts';
import { blended, residualOf } from './layers.ts';
import { answersName, keptReduction, reducedPage } from './reduced-answers.ts';
import type { Rendered } from './render-full.ts';
import { partOf, type View, type ViewPage } from './view.ts';

/** Where means come from: a copy that is kept, or the region itself where it is asked for finer than copies are. */
interface Means {
  noisy(added: ViewTile['choices']['added']): Promise<FloatImage>;
  alpha(): Promise<FloatImage>;
  /** Null where the network has not been anywhere yet. */
  answer(cleaning: Cleaning): Promise<BoxMeans | null>;
}

/**
 * Pixels of a region reduced: each the mean of the box of pixels it stands for, boxes laid from the picture's first
 * pixel; the region is widened to whole boxes. Strength is applied to the means, which is the same as the mean of
 * what it is applied to, but for the clipping of single pixels. Colour under full transparency is shown covered, so
 * that it does not bleed into the mean.
 */
export async function renderReduced(
  view: View,
  page: ViewPage,
  { layer, region, reduction, amplification, choices }: ViewTile,
  cleaning: () => Promise<Cleaning>,
  control: AnswerControl,
): Promise<Rendered> {
  const boxes = boxesOf(region, reduction);
  const kept = reduction >= keptReduction(page);
  const means = kept
    ? meansOfCopies(view, page, boxes, reduction)
    : meansOfRegion(view, page, boxes, reduction, control);
  const alpha = page.alpha && (await means.alpha());
  if (layer === 'clean') return { colour: await means.noisy(null), alpha, complete: true };
  const noisy = await means.noisy(choices.added);
  if (layer === 'noisy') return { colour: noisy, alpha, complete: true };
  const { denoised, complete } = await denoisedMeans(noisy, await cleaning(), means);
  const colour = layer === 'denoised' ? denoised : residualOf(noisy, denoised, amplification);
  return { colour, alpha, complete };
}

async function denoisedMeans(
  noisy: FloatImage,
  cleaning: Cleaning,
  means: Means,
): Promise<{ denoised: Raster; complete: boolean }> {
  if (cleaning.off) return { denoised: noisy, complete: true };
  const answer = await means.answer(cleaning);
  if (!answer) return { denoised: noisy, complete: false };
  const { samples, channels, complete } = answer;
  complete.forEach((whole, box) => {
    if (whole) return;
    const at = box * channels;
    samples.set(noisy.samples.subarray(at, at + channels), at);
  });
  return { denoised: blended(noisy, samples, cleaning), complete: !complete.includes(0) };
}

function meansOfCopies(view: View, page: ViewPage, boxes: Rectangle, reduction: number): Means {
  return {
    noisy: async (added) => meansOf(await reducedPage(view, page, 'colour', added), boxes, reduction),
    alpha: async () => meansOf(await reducedPage(view, page, 'alpha', null), boxes, reduction),
    answer: (cleaning) => {
      const answers = view.answers.get(answersName(page, cleaning));
      return Promise.resolve(answers ? meansOf(answers, boxes, reduction) : null);
    },
  };
}

/** Pixels read at once while a region is averaged. */
const SIDE_AT_ONCE = 1024;

function meansOfRegion(
  view: View,
  page: ViewPage,
  boxes: Rectangle,
  reduction: number,
  control: AnswerControl,
): Means {
  const { raster } = page;
  const [x, y] = [boxes.x * reduction, boxes.y * reduction];
  const width = Math.min(raster.width, x + boxes.width * reduction) - x;
  const height = Math.min(raster.height, y + boxes.height * reduction) - y;
  const average = async (channels: 1 | 3, partAt: (part: Rectangle) => Raster | Promise<Raster>) => {
    const sums = emptySums({ width, height }, channels, reduction);
    for (const part of blocksOf({ x, y, width, height }, SIDE_AT_ONCE)) {
      addPart(sums, await partAt(part), { x: part.x - x, y: part.y - y });
      await nextTurn();
      control.signal.throwIfAborted();
    }
    return meansOf(sums, { x: 0, y: 0, width: boxes.width, height: boxes.height }, reduction);
  };
  const { channels } = raster;
  return {
    noisy: (added) => average(channels, (part) => partOf(page, 'covered', part, added)),
    alpha: () => average(1, (part) => cropRaster(page.alpha!, part)),
    answer: (cleaning) =>
      average(channels, async (part) => {
        const samples = await answerOf(view, page, part, cleaning, control);
        return { width: part.width, height: part.height, channels, samples };
      }),
  };
}
