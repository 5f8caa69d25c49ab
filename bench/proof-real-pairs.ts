/**
 * Fine-tuning on real pairs: half of the scenes of PolyU (a camera's noisy shots, and the mean of many as the clean
 * one) train a bundled model further through the product's command line; both models then clean the other half, told the
 * same noise factor. No scene is in both halves. A measurement: the weights stay in a folder of their own and never ship.
 *
 *   node bench/run.mjs bench/proof-real-pairs.ts [--from photo-small] [--minutes 12] [--threads 0] [--learning-rate 3e-4]
 *
 * Wants the built product (`npm run build`), and PolyU in `real/PolyU` of UNSPECKLE_TEST_DATA (../shared/data).
 */
import { copyFile, mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './engine-parts.ts';
import { productIn } from './product.ts';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: 'photo-small' },
    minutes: { type: 'string', default: '12' },
    threads: { type: 'string', default: '0' },
    'learning-rate': { type: 'string', default: '3e-4' },
    seed: { type: 'string', default: '1' },
  },
});
const data = resolve(root, process.env['UNSPECKLE_TEST_DATA'] ?? '../shared/data', 'real/PolyU');
/** Told to both: from too little for the built-in model to too much; `auto` is what is measured of each picture. */
const factors = ['auto', '0.02', '0.03', '0.04'];

/** `Canon5D2_5_160_3200_chair_11.jpg` is crop 11 of the scene before its last underscore. */
const sceneOf = (name: string): string => name.replace(/_\d+\.\w+$/, '');

/** Every other scene in order of their names, which begin with the camera: each half has pictures of all of them. */
function halve(names: readonly string[]): { train: string[]; test: string[] } {
  const scenes = [...new Set(names.map(sceneOf))].sort();
  const isTrained = (name: string) => scenes.indexOf(sceneOf(name)) % 2 === 0;
  return {
    train: names.filter(isTrained),
    test: names.filter((name) => !isTrained(name)),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'unspeckle-proof-'));
const halves = halve((await readdir(join(data, 'noisy'))).sort());
for (const [half, names] of Object.entries(halves)) {
  for (const side of ['noisy', 'clean']) {
    await mkdir(join(folder, half, side), { recursive: true });
    for (const name of names) await copyFile(join(data, side, name), join(folder, half, side, name));
  }
  const scenes = [...new Set(names.map(sceneOf))];
  console.log(`${half}: ${names.length} pairs of ${scenes.length} scenes: ${scenes.join(', ')}`);
}

const product = productIn(join(folder, 'home'));
const threads = ['--threads', values.threads];
const trained = product('train', join(folder, 'train'), '--name', 'polyu', '--pairs', 'noisy/*,clean/*',
  '--from', values.from, '--minutes', values.minutes, '--learning-rate', values['learning-rate'],
  '--seed', values.seed, ...threads); // prettier-ignore
console.log(`trained: ${JSON.stringify(trained)}`);

const test = ['--noisy', join(folder, 'test/noisy'), '--clean', join(folder, 'test/clean')];
console.log(`| told | noisy | ${values.from} | fine-tuned | gain |`);
for (const factor of factors) {
  const of = (model: string) =>
    product('evaluate', ...test, '--model', model, '--noise-factor', factor, ...threads);
  const [before, after] = [of(values.from), of('polyu')];
  const [noisy, was, is] = [before['noisyPsnr'], before['psnr'], after['psnr']].map(Number) as [
    number,
    number,
    number,
  ];
  console.log(`| ${[factor, ...[noisy, was, is, is - was].map((value) => value.toFixed(2))].join(' | ')} |`);
}
console.log(`all of it lies in ${folder}`);
