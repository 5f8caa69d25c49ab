import { expect, test } from 'vitest';
import { AppError, failureOf } from '../../contract/errors.ts';
import type { BenchResult, EvaluatedPicture, EvaluationSummary } from '../../contract/measure.ts';
import { fakeApp } from './fake-app.ts';
import { benchLine, checkLines, estimateLine, evaluateLine } from './json-schemas.ts';
import { run } from './harness.ts';

const unreadable = (file: string) => ({ file, ...failureOf(new AppError('image-empty', { file })) });

const estimates = () =>
  fakeApp({
    estimateNoise: ({ paths }) =>
      Promise.resolve([
        { file: paths[0] ?? '', noiseFactor: 0.1, channels: [0.1, 0.12, 0.08], clean: false, area: null, method: 'wavelets', seconds: 0.1 },
        { file: '/pictures/flat.png', noiseFactor: 0, channels: [0], clean: true, area: { x: 0, y: 0, width: 8, height: 8 }, method: 'wavelets', seconds: 0.1 },
        unreadable('/pictures/empty.png'),
      ]),
  }); // prettier-ignore

test('estimate tells the noise factor of each picture on both scales, and what could not be read', async () => {
  const { code, stdout, stderr, app } = await run(['estimate', 'a.jpg', '/b'], { app: estimates() });
  expect(app.requestOf('estimateNoise')).toEqual({ paths: ['/pictures/a.jpg', '/b'] });
  expect(stdout.split('\n')).toEqual([
    'a.jpg  noise factor 0.100 (σ 25.5)',
    'flat.png  noise factor 0.000 (σ 0.0), clean already',
    '2 measured, 1 failed; mean noise factor 0.050 (σ 12.8). Method: wavelets',
    '',
  ]);
  expect(stderr).toContain('failed: “/pictures/empty.png” is empty');
  expect(code).toBe(3);
});

test('estimate --json has the form that is promised', async () => {
  const { json } = await run(['estimate', 'a.jpg', '--json'], { app: estimates() });
  checkLines(estimateLine, json());
  expect(json().at(-1)).toMatchObject({ pictures: 2, failed: 1, noiseFactor: 0.05, exitCode: 3 });
});

test('estimate of nothing readable is 1', async () => {
  const { code, json } = await run(['estimate', 'e.png', '--json'], {
    app: fakeApp({ estimateNoise: () => Promise.resolve([unreadable('/e.png')]) }),
  });
  expect(code).toBe(1);
  checkLines(estimateLine, json());
});

const evaluated: EvaluatedPicture = {
  file: '/pictures/set/a.png', noiseFactor: 0.1, noisyPsnr: 20.18, psnr: 30.7, noisySsim: 0.4, ssim: 0.87,
}; // prettier-ignore
const summary: EvaluationSummary = {
  pictures: 1, psnr: 30.7, ssim: 0.87, noisyPsnr: 20.18, noisySsim: 0.4, noiseFactor: 0.1,
  model: 'gaussian-small', backend: 'tensorflow', seconds: 12.5,
}; // prettier-ignore

const evaluating = (failed: ReturnType<typeof unreadable>[] = []) =>
  fakeApp({ evaluate: () => Promise.resolve({ summary, pictures: [evaluated], unreadable: failed }) });

test('evaluate adds noise to clean pictures as it is told', async () => {
  const { code, app, stdout } = await run(
    ['evaluate', 'set', '--noise-factor', '0.1', '--seed', '3', '--clipped', '--blind', '--model', 'm', '--backend', 'onnx', '--threads', '2'],
    { app: evaluating() },
  ); // prettier-ignore
  expect(code).toBe(0);
  expect(app.requestOf('evaluate')).toEqual({
    source: {
      kind: 'synthetic',
      folder: '/pictures/set',
      noiseFactor: 0.1,
      seed: 3,
      clipped: true,
      blind: true,
    },
    model: 'm',
    backend: 'onnx',
    threads: 2,
  });
  expect(stdout.split('\n')).toEqual([
    'set/a.png  noise factor 0.100  PSNR 20.18 → 30.70 dB  SSIM 0.4000 → 0.8700',
    'mean of 1: PSNR 20.18 → 30.70 dB, SSIM 0.4000 → 0.8700  (gaussian-small, tensorflow, 12.5 s)',
    '',
  ]);
});

test.each<[string[], number | 'auto']>([
  [[], 'auto'],
  [['--noise-factor', 'auto'], 'auto'],
  [['--noise-factor', '0.05'], 0.05],
])('evaluate compares pairs; with %j the network is told %s', async (options, noiseFactor) => {
  const { app } = await run(['evaluate', '--noisy', 'n', '--clean', '/c', ...options], { app: evaluating() });
  expect(app.requestOf('evaluate').source).toEqual({
    kind: 'pairs',
    noisy: '/pictures/n',
    clean: '/c',
    noiseFactor,
  });
});

test('evaluate --json ends in the means', async () => {
  const { code, json } = await run(['evaluate', 'set', '--noise-factor', '0.1', '--json'], {
    app: evaluating([unreadable('/pictures/set/b.png')]),
  });
  expect(code).toBe(3);
  checkLines(evaluateLine, json());
  const last = json().at(-1);
  expect(last).toMatchObject({ psnr: 30.7, ssim: 0.87, noisyPsnr: 20.18, noisySsim: 0.4, pictures: 1 });
});

test.each<[string[], string]>([
  [[], 'folder: expected a folder of clean pictures, or both --noisy and --clean, got nothing'],
  [['set'], '--noise-factor: expected a number from 0 to 1'],
  [['set', '--noise-factor', 'auto'], '--noise-factor: expected a number from 0 to 1'],
  [['set', '--noise-factor', '1.1'], '--noise-factor: expected auto, or a number from 0 to 1'],
  [['--noisy', 'n'], '--clean: expected a folder, because'],
  [['--clean', 'n'], '--noisy: expected a folder, because'],
  [
    ['set', '--noisy', 'n', '--clean', 'c'],
    'folder: expected to be left out where --noisy, --clean is given',
  ],
  [['--noisy', 'n', '--clean', 'c', '--seed', '1'], '--seed: expected to be left out'],
  [['--noisy', 'n', '--clean', 'c', '--clipped'], '--clipped: expected to be left out'],
  [['--noisy', 'n', '--clean', 'c', '--blind'], '--blind: expected to be left out'],
  [['set', '--noise-factor', '0.1', '--seed', 'x'], '--seed: expected a whole number'],
])('evaluate %j is refused', async (options, message) => {
  const { code, stderr, app } = await run(['evaluate', ...options]);
  expect(code).toBe(1);
  expect(stderr).toContain(`unspeckle: ${message}`);
  expect(app.calls).toEqual([]);
});

const result: BenchResult = {
  backend: 'onnx', model: 'gaussian-small', width: 6000, height: 4000, networkMegapixelsPerSecond: 2.4,
  wholeMegapixelsPerSecond: 2.2, shareOutsideNetwork: 0.08, peakMemoryBytes: 1.2e9, threads: 2,
}; // prettier-ignore

test('bench measures what was asked for and shows a table', async () => {
  const app = fakeApp({ bench: () => Promise.resolve([result]) });
  const { code, stdout } = await run(
    ['bench', '--backend', 'onnx', '--backend', 'wasm', '--size', '64x48', '--threads', '2', '--model', 'm'],
    { app },
  );
  expect(code).toBe(0);
  expect(app.requestOf('bench')).toEqual({
    model: 'm',
    backends: ['onnx', 'wasm'],
    sizes: [{ width: 64, height: 48 }],
    threads: 2,
  });
  expect(stdout).toMatch(/onnx +6000x4000 +2\.40 +2\.20 +8 % +1\.2 GB +2 +gaussian-small/);
});

test('bench --json has the form that is promised, and names the fastest', async () => {
  const slower = { ...result, backend: 'wasm' as const, wholeMegapixelsPerSecond: 0.2 };
  const app = fakeApp({ bench: () => Promise.resolve([slower, result]) });
  const { json } = await run(['bench', '--json'], { app });
  checkLines(benchLine, json());
  expect(json().at(-1)).toMatchObject({ results: 2, fastest: 'onnx', exitCode: 0 });
});

test.each([
  [['--size', '10'], '--size: expected WIDTHxHEIGHT'],
  [['--size', '0x10'], '--size: expected WIDTHxHEIGHT'],
  [['--size', '99999x10'], '--size: expected WIDTHxHEIGHT'],
  [['--backend', 'auto'], '--backend: expected tensorflow, onnx, wasm'],
])('bench %j is refused', async (options, message) => {
  const { code, stderr } = await run(['bench', ...options]);
  expect(code).toBe(1);
  expect(stderr).toContain(`unspeckle: ${message}`);
});

test('somebody at a terminal is told that measuring goes on; a file is not', async () => {
  const terminal = await run(['estimate', 'a.jpg'], { app: estimates(), terminal: true });
  expect(terminal.stderr).toContain('Measuring the pictures …');
  const file = await run(['estimate', 'a.jpg'], { app: estimates() });
  expect(file.stderr).not.toContain('Measuring the pictures');
});
