import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, type TestContext, vi } from 'vitest';
import { filesIn, prepareHome, Workspace } from './built-cli.ts';
import { batchLine, checkLines, demoLine, doctorLine, evaluateLine, trainingLine } from './json-schemas.ts';
import { noisyPixels, writeNoisy } from './noisy-pictures.ts';

// Each starts several processes, on machines that may be busy.
vi.setConfig({ testTimeout: 240_000 });

let prepared: Awaited<ReturnType<typeof prepareHome>>;
beforeAll(async () => {
  prepared = await prepareHome();
}, 180_000);
afterAll(() => prepared.remove());

let at: Workspace;
beforeEach(async () => {
  at = await Workspace.make(prepared.home);
});
afterEach(() => at.remove());

/** Skips where this machine cannot train. */
async function needsTraining(context: TestContext): Promise<void> {
  const { json } = await at.run(['doctor', '--json']);
  checkLines(doctorLine, json());
  const tensorflow = json().find(({ name }) => name === 'tensorflow');
  if (tensorflow?.['available'] !== true)
    context.skip(`no native TensorFlow: ${String(tensorflow?.['description'])}`);
}

async function writeClean(): Promise<void> {
  for (let seed = 1; seed <= 3; seed++) {
    await writeNoisy(join(at.pictures, `${seed}.png`), { seed, noiseFactor: 0, width: 96, height: 80 });
  }
}

const train = ['train', 'pictures', '--batch', '2', '--patch', '16', '--threads', '1', '--json'];

test('a model is trained, used, given away, taken in again and removed', async (context) => {
  await needsTraining(context);
  await writeClean();
  const trained = await at.run([...train, '--name', 'My scans', '--steps', '3']);
  checkLines(trainingLine, trained.json());
  expect(trained.code).toBe(0);
  const model = String(trained.json().at(-1)?.['model']);
  expect(model).toBe('my-scans');

  const cleaned = await at.run(['clean', 'pictures', '--out', 'out', '--noise-factor', '0.1', '--model', model, '--json']);
  checkLines(batchLine, cleaned.json());
  expect(cleaned.json().filter(({ type }) => type === 'done').map((line) => line['model'])).toEqual([model, model, model]);

  const exported = await at.run(['models', 'export', model, 'scans.zip']);
  expect([exported.code, await filesIn(at.folder)]).toEqual([0, expect.arrayContaining(['scans.zip'])]);
  const again = await at.run(['models', 'export', model, 'scans.zip']);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('already exists')]);
  const imported = await at.run(['models', 'import', 'scans.zip', '--name', 'theirs', '--json']);
  expect([imported.code, imported.json().at(-1)?.['model']]).toEqual([0, 'theirs']);
  expect((await at.run(['models', 'remove', 'theirs'])).code).toBe(0);
  const listed = (await at.run(['models', '--json'])).json().filter(({ type }) => type === 'model');
  expect(listed.map(({ id }) => id)).toContain(model);
  expect(listed.map(({ id }) => id)).not.toContain('theirs');
}); // prettier-ignore

test('a picture unlike those a model learnt from is cleaned with a note that says in what', async (context) => {
  await needsTraining(context);
  await writeClean();
  const options = ['--name', 'plain', '--steps', '3', '--noise', 'gaussian:0.02-0.05', '--grey-share', '0'];
  expect((await at.run([...train, ...options])).code).toBe(0);
  await writeNoisy(join(at.folder, 'unlike/noisier.png'), { width: 96, height: 80, noiseFactor: 0.15 });
  await writeNoisy(join(at.folder, 'unlike/larger.png'), { width: 400, height: 300, noiseFactor: 0.04 });
  await sharp(noisyPixels(96, 80, 1, 0.04), { raw: { width: 96, height: 80, channels: 3 } })
    .greyscale()
    .toColourspace('b-w')
    .png()
    .toFile(join(at.folder, 'unlike/grey.png'));
  const { json } = await at.run(['clean', 'unlike', '--out', 'out', '--model', 'plain', '--json']);
  checkLines(batchLine, json());
  const noticesOf = (name: string) =>
    json().find(({ type, source }) => type === 'done' && String(source).endsWith(name))?.['notices'];
  expect(noticesOf('noisier.png')).toEqual(expect.arrayContaining(['unlike-noise', 'noise-factor-clamped']));
  expect(noticesOf('larger.png')).toContain('unlike-size');
  expect(noticesOf('grey.png')).toContain('unlike-grey');
  const familiar = await at.run(['clean', 'unlike/grey.png', '--out', 'again', '--model', 'plain']);
  expect(familiar.stdout + familiar.stderr).toContain('a grey picture, and the model learnt from colour ones only');
}); // prettier-ignore

test('Ctrl-C in a training keeps the best so far as a model', async (context) => {
  await needsTraining(context);
  await writeClean();
  const running = at.start([...train, '--name', 'stopped', '--minutes', '5']);
  await running.seen('training', 2);
  process.kill(-(running.process.pid ?? NaN), 'SIGINT');
  const { code, json } = await running.ended;
  checkLines(trainingLine, json());
  expect(code).toBe(130);
  expect(json().at(-1)).toMatchObject({ stopped: true, model: 'stopped' });
  const shown = await at.run(['models', 'show', 'stopped', '--json']);
  expect(shown.code).toBe(0);
});

test('evaluate tells the model what cleaning would, of noise that was smeared too', async () => {
  const size = { width: 256, height: 224 };
  const noisy = sharp(noisyPixels(size.width, size.height, 1, 0.2), { raw: { ...size, channels: 3 } });
  await writeNoisy(join(at.folder, 'clean/1.png'), { ...size, noiseFactor: 0 });
  await mkdir(join(at.folder, 'noisy'));
  await noisy.blur(1.2).png().toFile(join(at.folder, 'noisy/1.png'));

  const estimate = await at.run(['estimate', 'noisy', '--json']);
  const evaluation = await at.run(['evaluate', '--noisy', 'noisy', '--clean', 'clean', '--json']);
  const [measured, told] = [estimate, evaluation].map(({ json }) => json()[0]?.['noiseFactor']);
  expect(measured).toBeGreaterThan(0.05);
  expect(told).toBe(measured);
});

test('evaluate shows that the bundled model takes noise away', async () => {
  await writeClean();
  const { code, json } = await at.run([
    'evaluate',
    'pictures',
    '--noise-factor',
    '0.1',
    '--seed',
    '1',
    '--json',
  ]);
  checkLines(evaluateLine, json());
  expect(code).toBe(0);
  const { psnr, noisyPsnr, ssim, noisySsim, pictures } = json().at(-1) ?? {};
  expect(pictures).toBe(3);
  // Noise of 0.1 on the scale of 1: 20·log10(1 / 0.1).
  expect(Math.abs(Number(noisyPsnr) - 20)).toBeLessThan(0.2);
  expect(Number(psnr)).toBeGreaterThan(Number(noisyPsnr) + 8);
  expect(Number(ssim)).toBeGreaterThan(Number(noisySsim));
});

test('the demonstration replaces what an earlier one wrote, improves every sample and draws the sheet', async () => {
  const out = join(at.folder, 'demo-output');
  await mkdir(out);
  await writeFile(join(out, 'dogs_denoised.jpg'), 'of an earlier run');
  await writeFile(join(out, 'before-after.png'), 'of an earlier run');
  const { code, json, stderr } = await at.run(['demo', '--json']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  checkLines(demoLine, json());
  const pictures = json().filter(({ type }) => type === 'picture');
  expect(pictures.length).toBeGreaterThanOrEqual(4);
  for (const { psnr, noisyPsnr, title } of pictures.filter((line) => line['psnr'] !== null)) {
    expect([title, Number(psnr) > Number(noisyPsnr) + 2]).toEqual([title, true]);
  }
  const summary = json().at(-1);
  expect(summary).toMatchObject({ failed: 0, contactSheet: join(out, 'before-after.png') });
  expect((await sharp(await readFile(join(out, 'before-after.png'))).metadata()).format).toBe('png');
  expect((await filesIn(out)).length).toBe(pictures.length + 1);
});
