/**
 * Learning from noisy pictures alone: the 24 noisy pictures of W2S (fluorescence microscopy) train by blind spots
 * through the product's command line, which then cleans them; the clean references (means of 400 shots) are looked at
 * only to compare. Beside it the noisy pictures, Gaussian blurs of several widths, and non-local means of the widths that
 * suit every sixth picture best by the clean references. A measurement: the weights stay in a folder of their own and never
 * ship.
 *
 *   node bench/run.mjs bench/proof-blind-spots.ts [--minutes 18] [--threads 0] [--learning-rate 3e-4]
 *   node bench/run.mjs bench/proof-blind-spots.ts --recipe         (as the recipe for microscopes has it; no baselines)
 *   node bench/run.mjs bench/proof-blind-spots.ts --baselines      (nothing is trained)
 *
 * W2S stretches the range of each picture of a pair by itself, so that a perfect answer scores 23.7 dB only; `fitted`
 * is PSNR after the gain and offset that suit each picture best, for all alike.
 */
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareSharp } from '../engine/images/prepare.ts';
import { pictureDecoder } from '../engine/training/decode-picture.ts';
import { gaussianBlur } from '../model/baselines/gaussian-blur.ts';
import { nonLocalMeans } from '../model/baselines/non-local-means.ts';
import type { FloatImage } from '../model/image.ts';
import { compare, roundedToEightBit, toFloat } from '../model/metrics/compare.ts';
import { root } from './engine-parts.ts';
import { productIn } from './product.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '18' },
    threads: { type: 'string', default: '0' },
    'learning-rate': { type: 'string', default: '3e-4' },
    seed: { type: 'string', default: '1' },
    recipe: { type: 'boolean', default: false },
    baselines: { type: 'boolean', default: false },
  },
});
const data = resolve(root, process.env['UNSPECKLE_TEST_DATA'] ?? '../shared/data', 'real/W2S');
const blurs = [1, 1.25, 1.5, 1.75, 2, 2.5, 3];
/** Of non-local means, h: below and above what the noise of these pictures asks for. A picture takes some seconds for each. */
const widths = [0.04, 0.05, 0.06, 0.09, 0.12, 0.16, 0.2, 0.3];
/** Of so many pictures one chooses among them. */
const chooser = 6;
const signal = new AbortController().signal;

prepareSharp({ threads: 1 });
const decode = pictureDecoder();
const read = async (file: string): Promise<FloatImage> => toFloat(await decode(file, 0, signal));
const names = (await readdir(join(data, 'noisy'))).sort();

/** The answer with the gain and offset that bring it closest to the clean picture. */
function fit(image: FloatImage, clean: FloatImage): FloatImage {
  const mean = (samples: Float32Array) => samples.reduce((sum, value) => sum + value, 0) / samples.length;
  const [ofImage, ofClean] = [mean(image.samples), mean(clean.samples)];
  let both = 0;
  let own = 0;
  image.samples.forEach((value, i) => {
    both += (value - ofImage) * (clean.samples[i]! - ofClean);
    own += (value - ofImage) ** 2;
  });
  const gain = own > 0 ? both / own : 0;
  return { ...image, samples: image.samples.map((value) => ofClean + gain * (value - ofImage)) };
}

/** PSNR, SSIM and PSNR after the fit. */
type Scores = readonly [number, number, number];

function scoresOf(answer: FloatImage, clean: FloatImage): Scores {
  const image = roundedToEightBit(answer);
  const { psnr, ssim } = compare(image, clean);
  return [psnr, ssim, compare(fit(image, clean), clean).psnr];
}

const meanOf = (scores: readonly Scores[], k: 0 | 1 | 2): number =>
  scores.reduce((sum, one) => sum + one[k], 0) / scores.length;

const cleanOf = (name: string): Promise<FloatImage> => read(join(data, 'clean', name));
const noisyOf = (name: string): Promise<FloatImage> => read(join(data, 'noisy', name));

/** Means over all pictures. */
async function score(title: string, answer: (name: string) => Promise<FloatImage>): Promise<void> {
  const scores: Scores[] = [];
  for (const name of names) scores.push(scoresOf(await answer(name), await cleanOf(name)));
  const [psnr, ssim, fitted] = ([0, 1, 2] as const).map((k) => meanOf(scores, k)) as [number, number, number];
  console.log(`| ${title} | ${psnr.toFixed(2)} | ${ssim.toFixed(3)} | ${fitted.toFixed(2)} |`);
}

/** The widths of non-local means that come closest on a few pictures: by PSNR, and by PSNR after the fit. */
async function bestWidths(): Promise<number[]> {
  const byWidth = new Map<number, Scores[]>(widths.map((h) => [h, []]));
  for (const name of names.filter((_, i) => i % chooser === 0)) {
    const answers = nonLocalMeans(await noisyOf(name), widths);
    for (const [k, h] of widths.entries()) byWidth.get(h)!.push(scoresOf(answers[k]!, await cleanOf(name)));
  }
  const best = (k: 0 | 2) =>
    widths.reduce((a, b) => (meanOf(byWidth.get(b)!, k) > meanOf(byWidth.get(a)!, k) ? b : a));
  return [...new Set([best(0), best(2)])];
}

console.log('| | PSNR | SSIM | fitted PSNR |');
await score('noisy', noisyOf);
if (!values.recipe) {
  for (const sigma of blurs) {
    await score(`Gaussian blur, σ ${sigma}`, async (name) => gaussianBlur(await noisyOf(name), sigma));
  }
  for (const h of await bestWidths()) {
    await score(`non-local means, h ${h}`, async (name) => nonLocalMeans(await noisyOf(name), [h])[0]!);
  }
}

if (!values.baselines) {
  const folder = await mkdtemp(join(tmpdir(), 'unspeckle-proof-'));
  const product = productIn(join(folder, 'home'));
  const threads = ['--threads', values.threads];
  const choices = values.recipe
    ? ['--recipe', 'microscope']
    : ['--only-noisy', '--from', 'gaussian-small', '--learning-rate', values['learning-rate']];
  const trained = product('train', join(data, 'noisy'), '--name', 'w2s', ...choices,
    '--minutes', values.minutes, '--seed', values.seed, ...threads); // prettier-ignore
  console.log(`trained: ${JSON.stringify(trained)}`);
  for (const model of ['gaussian-small', 'w2s']) {
    const out = join(folder, model);
    product('clean', join(data, 'noisy'), '--out', out, '--name', '{name}', '--model', model, ...threads);
    await score(model === 'w2s' ? 'blind spots' : model, (name) => read(join(out, name)));
  }
  console.log(`all of it lies in ${folder}`);
}
