import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Diagnosis } from '../../contract/app-api.ts';
import { AppError } from '../../contract/errors.ts';
import { settings } from '../../contract/settings.ts';
import { verbatim } from '../../contract/texts/fill-in.ts';
import { fakeApp, modelSummary } from './fake-app.ts';
import { checkLines, doctorLine, modelLine } from './json-schemas.ts';
import { run } from './harness.ts';

const lineOrSummary = z.union([
  modelLine,
  z.looseObject({ type: z.literal('summary'), exitCode: z.literal(0) }),
]);

test.each([['models'], ['models list']])('%s shows what there is, the default marked', async (command) => {
  const { code, stdout } = await run(command.split(' '));
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /gaussian-small +unet-small +gaussian:0-0\.22 +2\.4 MB +ships with the app, default/,
  );
});

test('models list names the kinds of a mixture of noises, without their ranges', async () => {
  const trained = 'camera:0-0.2+gaussian:0-0.22+jpeg:40-100';
  const card = { ...modelSummary.card, noise: { ...modelSummary.card.noise, trained } };
  const app = fakeApp({ listModels: () => Promise.resolve([{ ...modelSummary, card }]) });
  expect((await run(['models'], { app })).stdout).toMatch(/ camera\+gaussian\+jpeg +2\.4 MB/);
});

test('S5: a stranger’s words do not widen the list beyond reading', async () => {
  for (const trained of ['n'.repeat(20_000), 'ab+'.repeat(6000)]) {
    const card = { ...modelSummary.card, noise: { ...modelSummary.card.noise, trained } };
    const app = fakeApp({ listModels: () => Promise.resolve([{ ...modelSummary, card }]) });
    const { stdout } = await run(['models'], { app });
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThan(200);
  }
});

test('models list says so when there is none', async () => {
  const { stdout } = await run(['models'], { app: fakeApp({ listModels: () => Promise.resolve([]) }) });
  expect(stdout).toContain('There are no models yet');
});

test('models show gives the card', async () => {
  const { stdout } = await run(['models', 'show', 'gaussian-small']);
  for (const part of [
    'Even noise in colour photographs.',
    'photographs (333, CC0)',
    'CBSD68, 68 pictures, noise factor 0.098: PSNR 20.18 → 30.70 dB, SSIM 0.4000 → 0.8700',
    'SHA-256 ccc',
  ]) {
    expect(stdout).toContain(part);
  }
});

test('a card from a stranger cannot act on the terminal', async () => {
  const card = { ...modelSummary.card, purpose: '\u001b]0;owned\u0007', credits: 'a\nb' };
  const { stdout } = await run(['models', 'show', 'x'], {
    app: fakeApp({ showModel: () => Promise.resolve({ ...modelSummary, card }) }),
  });
  expect(stdout).toContain(String.raw`\x1b]0;owned\x07`);
  expect(stdout).toContain(String.raw`a\nb`);
});

test.each([
  ['models list --json', ['model', 'summary']],
  ['models show gaussian-small --json', ['model', 'summary']],
  ['models export gaussian-small --json', ['summary']],
  ['models import x.zip --json', ['model', 'summary']],
  ['models remove mine --json', ['summary']],
])('%s has the form that is promised', async (command, types) => {
  const { json } = await run(command.split(' '));
  checkLines(lineOrSummary, json());
  expect(json().map(({ type }) => type)).toEqual(types);
});

test('models export writes beside the person under the model’s name, or where it is told', async () => {
  const first = await run(['models', 'export', 'gaussian-small']);
  expect(first.app.requestOf('exportModel')).toEqual({
    model: 'gaussian-small',
    file: '/pictures/gaussian-small.zip',
    overwrite: false,
  });
  expect(first.stdout).toBe('“gaussian-small” was written to gaussian-small.zip (2.4 MB).\n');
  const second = await run(['models', 'export', 'm', '/x/y.zip', '--overwrite']);
  expect(second.app.requestOf('exportModel')).toEqual({ model: 'm', file: '/x/y.zip', overwrite: true });
});

test('models import takes a path and a name; models remove says where it went', async () => {
  const first = await run(['models', 'import', 'in/x.zip', '--name', 'Scans']);
  expect(first.app.requestOf('importModel')).toEqual({ path: '/pictures/in/x.zip', name: 'Scans' });
  const second = await run(['models', 'remove', 'mine']);
  expect(second.app.requestOf('removeModel')).toEqual({ model: 'mine' });
  expect(second.stdout).toContain('“mine” was moved to /home/person/.unspeckle/trash/mine');
});

test('an imported model that took no noise away is added, and said to be doubtful', async () => {
  const importing = (reducesNoise: boolean) =>
    fakeApp({ importModel: () => Promise.resolve({ ...modelSummary, reducesNoise }) });
  const doubtful = await run(['models', 'import', 'x.zip'], { app: importing(false) });
  expect(doubtful.code).toBe(0);
  expect(doubtful.stderr).toContain('took no noise away');
  const good = await run(['models', 'import', 'x.zip'], { app: importing(true) });
  expect(good.stderr).toBe('');
});

test('a model that is not there, or may not be removed, is an error in words', async () => {
  const absent = await run(['models', 'show', 'absent']);
  expect([absent.code, absent.stderr]).toEqual([1, expect.stringContaining('There is no model “absent”')]);
  const kept = await run(['models', 'remove', 'gaussian-small'], {
    app: fakeApp({
      removeModel: ({ model }) => Promise.reject(new AppError('model-protected', { model })),
    }),
  });
  expect([kept.code, kept.stderr]).toEqual([1, expect.stringContaining('ships with the app')]);
});

const diagnosis: Diagnosis = {
  appVersion: '0.1.0',
  home: '/home/person/.unspeckle',
  engine: {
    node: '20.19.0',
    platform: 'linux-x64',
    cores: 2,
    memoryBytes: 8e9,
    backends: [
      { name: 'tensorflow', available: false, description: verbatim('no native library: run npm run setup') },
      { name: 'onnx', available: true, description: verbatim('1.30.0, CPU') },
    ],
    images: { sharp: '0.35.5' },
  },
  models: [modelSummary],
  backend: {
    chosen: 'onnx',
    tried: [
      { name: 'tensorflow', megapixelsPerSecond: null, difference: null, refused: verbatim('not there') },
      { name: 'onnx', megapixelsPerSecond: 2.3, difference: 1e-6, refused: null },
    ],
  },
  settings: settings.parse({ version: 2, threads: 3, memory: 2 ** 30 }),
  advice: [verbatim('Native TensorFlow is missing: run “npm run setup”.')],
};

test('doctor shows what was found and what to do', async () => {
  const { code, stdout } = await run(['doctor'], {
    app: fakeApp({ diagnose: () => Promise.resolve(diagnosis) }),
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/tensorflow +no +– +no native library: run npm run setup; not there/);
  expect(stdout).toMatch(/onnx +yes +2\.30 +yes +1\.30\.0, CPU/);
  expect(stdout).toContain('To do: Native TensorFlow is missing');
  expect(stdout).toContain('gaussian-small (default)');
  expect(stdout).toMatch(/Settings +backend auto, 3 threads, at most 1\.1 GB of memory/);
});

test('doctor --json has the form that is promised', async () => {
  const { json } = await run(['doctor', '--json'], {
    app: fakeApp({ diagnose: () => Promise.resolve(diagnosis) }),
  });
  checkLines(doctorLine, json());
  expect(json().at(-1)).toMatchObject({ backend: 'onnx', advice: 1 });
});

test('doctor is 1 where nothing can clean', async () => {
  const engine = {
    ...diagnosis.engine,
    backends: diagnosis.engine.backends.map((one) => ({ ...one, available: false })),
  };
  const { code } = await run(['doctor'], {
    app: fakeApp({ diagnose: () => Promise.resolve({ ...diagnosis, engine }) }),
  });
  expect(code).toBe(1);
});
