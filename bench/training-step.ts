/**
 * Steps per second of the app's trainer on native TensorFlow, beside the same network and batch in PyTorch on the CPU of
 * the same machine, in one run; how long a step waits for its batch, and what making one costs; and WebAssembly, which
 * trains where nothing native is. Wants the built product (`npm run build`).
 *
 *   node bench/run.mjs bench/training-step.ts [--threads 1,2] [--network unet-small] [--seconds 10] [--wasm] [--profile]
 *
 * The aim is 1.0 of PyTorch, at least 0.6, and no more than 5 % of a step spent waiting. Where PyTorch is missing its
 * column says so. Times are medians over steps; the share of waiting is of all steps together.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { namedNetworks, type NetworkName, type UnetConfig } from '../contract/network.ts';
import { parseNoise } from '../contract/noise.ts';
import { trainingConfig, type TrainingConfig } from '../contract/train.ts';
import { TensorflowAddon } from '../engine/backends/tensorflow-addon.ts';
import { batchMaker } from '../engine/training/batch-maker.ts';
import { BatchesAhead } from '../engine/training/batches-ahead.ts';
import type { Example } from '../engine/training/example.ts';
import { noiseHere } from '../engine/training/noise-adder.ts';
import { noiseThread } from '../engine/training/noise-thread.ts';
import { trainingServices } from '../engine/training/training-services.ts';
import { testTile } from '../engine/backends/test-picture.ts';
import { initialiseWeights } from '../model/networks/initialise.ts';
import { Learner } from '../model/training/learner.ts';
import { train } from '../model/training/train.ts';
import { root } from './engine-parts.ts';
import { profileOperations } from './profile-operations.ts';

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '1,2' },
    network: { type: 'string', default: 'unet-small' },
    batch: { type: 'string', default: '16' },
    patch: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '10' },
    /** Of a process of its own: what to measure. */
    measure: { type: 'string' },
    wasm: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});
const network = namedNetworks[values.network as NetworkName] as UnetConfig;
const seconds = Number(values.seconds);

/** What one process measures: medians in milliseconds. */
interface Measured {
  readonly milliseconds: number;
  /** Making a batch of cached pictures: cutting, turning and noise, by kind. */
  readonly batches?: Readonly<Record<string, number>>;
  /** Share of the time that steps wait for their batches. */
  readonly waiting?: number;
}

function configFor(threads: number, noise: string): TrainingConfig {
  return trainingConfig.parse({
    folders: ['/'],
    name: 'bench',
    network,
    noise: parseNoise(noise),
    length: { steps: 1e6 },
    batch: Number(values.batch),
    patch: Number(values.patch),
    threads,
  });
}

/** A cached picture of 6 megapixels. */
function cachedPicture(): Example {
  const [width, height] = [3000, 2000];
  const { samples } = testTile(width, height, 3);
  const bytes = Uint8Array.from(samples, (value) => 255 * Math.min(1, Math.max(0, value)));
  const picture = { width, height, channels: 3 as const, samples: bytes };
  return { width, height, bytes: bytes.length, picture, target: null, noiseFactor: 0 };
}

/** Median milliseconds of what is done over and over, after a few times that do not count. */
async function median(work: (i: number) => Promise<unknown>, atLeast: number): Promise<number> {
  for (let i = 0; i < 3; i++) await work(i);
  const times: number[] = [];
  const started = performance.now();
  while (performance.now() - started < 1000 * seconds || times.length < atLeast) {
    const before = performance.now();
    await work(times.length);
    times.push(performance.now() - before);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

/** Steps of the product's own loop on one batch, as fast as they come. */
async function measureSteps(threads: number, addon: TensorflowAddon): Promise<Measured> {
  const config = configFor(threads, 'gaussian:0-0.22');
  await trainingServices(addon).startBackend(threads);
  const example = cachedPicture();
  const batch = await batchMaker(config, noiseHere(config))(() => example, 1);
  const learner = new Learner(network, (fresh) => initialiseWeights(fresh, network, 0));
  const plan = { ...config, progress: () => 0 };
  const steps = train(learner, () => batch, plan, new AbortController().signal);
  for (let i = 0; i < 3; i++) await steps.next(); // what is done only once is no part of a step
  const stop = values.profile ? profileOperations() : null;
  const milliseconds = await median(() => steps.next(), 5);
  stop?.();
  return { milliseconds };
}

const noises = ['gaussian:0-0.22', 'poisson-gaussian:0.01-0.1+correlated:0.01-0.1+jpeg:30-95'];

async function measureBatches(): Promise<Measured> {
  const example = cachedPicture();
  const batches: Record<string, number> = {};
  for (const noise of noises) {
    const config = configFor(1, noise);
    const makeBatch = batchMaker(config, noiseHere(config));
    batches[noise] = await median((i) => makeBatch(() => example, i), 20);
  }
  return { milliseconds: 0, batches };
}

/** The same steps, each with a batch of its own as a training makes it: ahead, its noise in a thread. */
async function measureWaiting(threads: number, noise: string): Promise<Measured> {
  const config = configFor(threads, noise);
  await trainingServices(new TensorflowAddon(root)).startBackend(threads);
  const example = cachedPicture();
  const adder = noiseThread(join(root, 'out/noise-worker.js'), config);
  const state = { taken: 1, batches: 0, full: false, residents: [0], pending: null };
  const makeBatch = batchMaker(config, adder);
  const ahead = new BatchesAhead({ state, advance: () => Promise.resolve() }, (step) =>
    makeBatch(() => example, step),
  );
  const learner = new Learner(network, (fresh) => initialiseWeights(fresh, network, 0));
  let waited = 0;
  const next = async (step: number) => {
    const before = performance.now();
    const batch = await ahead.next(step);
    waited += performance.now() - before;
    return batch;
  };
  const steps = train(learner, next, { ...config, progress: () => 0 }, new AbortController().signal);
  for (let i = 0; i < 3; i++) await steps.next();
  waited = 0;
  const started = performance.now();
  const milliseconds = await median(() => steps.next(), 5);
  const waiting = waited / (performance.now() - started);
  await adder.close();
  return { milliseconds, waiting };
}

/** In a process of its own: a library decides on its threads once. */
function measureApart(what: string, threads: number, seconds: number): Measured {
  const ownPerProcess = ['threads', 'measure', 'seconds'];
  const same = Object.entries(values).filter(([name]) => !ownPerProcess.includes(name));
  const options = same.flatMap(([name, value]) =>
    typeof value === 'boolean' ? (value ? [`--${name}`] : []) : [`--${name}`, value],
  );
  const args = [...options, '--measure', what, '--threads', String(threads), '--seconds', String(seconds)];
  const { stdout, status } = spawnSync(process.execPath, [process.argv[1]!, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`measuring ${what} ended with ${status}`);
  const lines = stdout.trim().split('\n');
  for (const line of lines.slice(0, -1)) console.log(line);
  return JSON.parse(lines.at(-1)!) as Measured;
}

/** Null where PyTorch is missing. */
function measurePytorch(threads: number): Measured | null {
  if (spawnSync('python3', ['-c', 'import torch']).status !== 0) return null;
  const script = join(root, 'bench/training_step.py');
  const choices = { threads, batch: values.batch, patch: values.patch, width: network.width, seconds };
  const args = Object.entries(choices).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout, status, stderr } = spawnSync(
    'python3',
    [script, ...args, '--blocks', network.blocks.join()],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Measured;
}

async function measureHere(what: string): Promise<Measured> {
  const threads = Number(values.threads);
  if (what === 'batches') return measureBatches();
  await tf.ready();
  if (what.startsWith('waiting ')) return measureWaiting(threads, what.slice('waiting '.length));
  return measureSteps(threads, new TensorflowAddon(what === 'wasm' ? '/nowhere' : root));
}

const rate = (milliseconds: number): string => (1000 / milliseconds).toFixed(2);

function compareAll(): void {
  const { batches } = measureApart('batches', 1, 2);
  console.log(`${values.network}, ${values.batch} patches of ${values.patch}: steps per second`);
  for (const threads of values.threads.split(',').map(Number)) {
    // Before and after, because a machine is not always equally fast.
    const before = measureApart('steps', threads, seconds / 2).milliseconds;
    const theirs = measurePytorch(threads);
    const ours = (before + measureApart('steps', threads, seconds / 2).milliseconds) / 2;
    const compared = theirs
      ? `PyTorch ${rate(theirs.milliseconds)}, ratio ${(theirs.milliseconds / ours).toFixed(2)}`
      : 'PyTorch is not installed here: not compared';
    console.log(`${threads} thread(s): TensorFlow ${rate(ours)} (${ours.toFixed(0)} ms), ${compared}`);
    for (const [noise, ms] of Object.entries(batches ?? {})) {
      const { milliseconds, waiting = NaN } = measureApart(`waiting ${noise}`, threads, seconds / 2);
      const share = `${(100 * waiting).toFixed(1)} % of the time waiting`;
      console.log(
        `  ${noise}: making a batch ${ms.toFixed(1)} ms; steps with it ${milliseconds.toFixed(0)} ms, ${share}`,
      );
    }
  }
  if (!values.wasm) return;
  const wasm = measureApart('wasm', 1, seconds).milliseconds;
  console.log(`WebAssembly: ${rate(wasm)} (${wasm.toFixed(0)} ms)`);
}

if (values.measure === undefined) compareAll();
else console.log(JSON.stringify(await measureHere(values.measure)));
