/**
 * Learning from noisy pictures alone: the 24 noisy pictures of W2S (fluorescence microscopy) train by blind spots
 * through the product's command line, which then cleans them; the clean references (means of 400 shots) are looked at
 * only to compare. Beside it the noisy pictures, Gaussian blurs and non-local means of several widths. A measurement: the weights
 * stay in a folder of their own and never ship.
 *
 *   node bench/run.mjs bench/proof-blind-spots.ts [--minutes 18] [--threads 0] [--learning-rate 3e-4]
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
  },
});
const data = resolve(root, process.env['UNSPECKLE_TEST_DATA'] ?? '../shared/data', 'real/W2S');
const blurs = [1, 1.25, 1.5, 1.75, 2, 2.5, 3];
/** Of non-local means, h: below and above what the noise of these pictures asks for. */
const widths = [0.06, 0.09, 0.12, 0.16, 0.2, 0.3];
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

/** Means over all pictures. */
async function score(title: string, answer: (name: string) => Promise<FloatImage>): Promise<void> {
  const sums = [0, 0, 0];
  for (const name of names) {
    const clean = await read(join(data, 'clean', name));
    const image = roundedToEightBit(await answer(name));
    const { psnr, ssim } = compare(image, clean);
    [psnr, ssim, compare(fit(image, clean), clean).psnr].forEach((value, i) => (sums[i]! += value));
  }
  const [psnr, ssim, fitted] = sums.map((sum) => sum / names.length) as [number, number, number];
  console.log(`| ${title} | ${psnr.toFixed(2)} | ${ssim.toFixed(3)} | ${fitted.toFixed(2)} |`);
}

const folder = await mkdtemp(join(tmpdir(), 'unspeckle-proof-'));
const product = productIn(join(folder, 'home'));
const threads = ['--threads', values.threads];
const trained = product('train', join(data, 'noisy'), '--name', 'w2s', '--only-noisy', '--from', 'gaussian-small',
  '--minutes', values.minutes, '--learning-rate', values['learning-rate'],
  '--seed', values.seed, ...threads); // prettier-ignore
console.log(`trained: ${JSON.stringify(trained)}`);
for (const model of ['w2s', 'gaussian-small']) {
  const out = join(folder, model);
  product('clean', join(data, 'noisy'), '--out', out, '--name', '{name}', '--model', model, ...threads);
}

console.log('| | PSNR | SSIM | fitted PSNR |');
await score('noisy', (name) => read(join(data, 'noisy', name)));
for (const sigma of blurs) {
  await score(`Gaussian blur, σ ${sigma}`, async (name) =>
    gaussianBlur(await read(join(data, 'noisy', name)), sigma),
  );
}
const means = new Map<string, FloatImage[]>();
for (const name of names) means.set(name, nonLocalMeans(await read(join(data, 'noisy', name)), widths));
for (const [k, h] of widths.entries()) {
  await score(`non-local means, h ${h}`, (name) => Promise.resolve(means.get(name)![k]!));
}
await score('gaussian-small', (name) => read(join(folder, 'gaussian-small', name)));
await score('blind spots', (name) => read(join(folder, 'w2s', name)));
console.log(`all of it lies in ${folder}`);
