import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { batchEvents, cleanedPicture, failureWith, fakeApp, playing, reportOf } from './fake-app.ts';
import { checkLines, demoLine } from './json-schemas.ts';
import { run } from './harness.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'unspeckle-test-'));
  await mkdir(join(root, 'samples'));
  await writeFile(
    join(root, 'samples', 'manifest.json'),
    JSON.stringify([
      { file: 'noisy/dogs.jpg', clean: 'clean/dogs.jpg', noiseFactor: 0.06, title: 'Friends' },
      { file: 'noisy/wine.jpg', clean: null, noiseFactor: null, title: 'Wine' },
    ]),
  );
});
afterEach(() => rm(root, { recursive: true }));

const output = (name: string): string => join(root, 'demo-output', `${name}_denoised.jpg`);

const demoApp = () =>
  fakeApp((emit) => ({
    startClean: ({ job }) => {
      // Pictures are not finished in the order of the list.
      const done = [...job.inputs]
        .reverse()
        .map((source) =>
          cleanedPicture(source, { output: output(source.includes('dogs') ? 'dogs' : 'wine') }),
        );
      return playing(emit, batchEvents(reportOf(job, { done })))();
    },
    compareImages: ({ file }) => Promise.resolve({ psnr: file.includes('noisy') ? 24.5 : 33.25, ssim: 0.9 }),
  }));

test('the demonstration tells noise, time, speed and PSNR of each sample, and where everything is', async () => {
  const { code, stdout, app } = await run(['demo'], { app: demoApp(), root, cwd: root });
  expect(code).toBe(0);
  const { job } = app.requestOf('startClean');
  expect(job.inputs).toEqual([join(root, 'samples/noisy/dogs.jpg'), join(root, 'samples/noisy/wine.jpg')]);
  expect(job.out).toBe(join(root, 'demo-output'));
  expect(job.settings.onConflict).toBe('overwrite');
  expect(stdout).toMatch(
    /Friends +0\.098 +0\.060 +1\.00 s +2\.00 MP\/s +24\.50 → 33\.25 dB +demo-output\/dogs_denoised\.jpg/,
  );
  expect(stdout).toMatch(/Wine +0\.098 +– +1\.00 s +2\.00 MP\/s +– +demo-output\/wine_denoised\.jpg/);
  expect(stdout).toContain('Cleaned pictures: demo-output');
  expect(stdout).toContain('Before and after:  demo-output/before-after.png');
  expect(app.requestOf('contactSheet').rows).toEqual([
    { title: 'Friends', noisy: join(root, 'samples/noisy/dogs.jpg'), denoised: output('dogs'), clean: join(root, 'samples/clean/dogs.jpg') },
    { title: 'Wine', noisy: join(root, 'samples/noisy/wine.jpg'), denoised: output('wine'), clean: null },
  ]); // prettier-ignore
});

test('an earlier sheet is replaced, nothing else is touched', async () => {
  await mkdir(join(root, 'demo-output'));
  await writeFile(join(root, 'demo-output', 'before-after.png'), 'old');
  await writeFile(join(root, 'demo-output', 'mine.txt'), 'keep');
  await run(['demo'], { app: demoApp(), root, cwd: root });
  expect(await readdir(join(root, 'demo-output'))).toEqual(['mine.txt']);
});

test('demo --json has the form that is promised', async () => {
  const { json } = await run(['demo', '--json'], { app: demoApp(), root, cwd: root });
  checkLines(demoLine, json());
  expect(json()[0]).toMatchObject({ noisyPsnr: 24.5, psnr: 33.25, addedNoiseFactor: 0.06 });
  expect(json().at(-1)).toMatchObject({ done: 2, contactSheet: join(root, 'demo-output/before-after.png') });
});

test('a sample that fails is told, and the rest is shown', async () => {
  const app = fakeApp((emit) => ({
    startClean: ({ job }) => {
      const [first = '', second = ''] = job.inputs;
      const failed = [failureWith(second, new AppError('image-empty', { file: second }))];
      return playing(emit, batchEvents(reportOf(job, { done: [cleanedPicture(first)], failed })))();
    },
  }));
  const { code, stdout, stderr } = await run(['demo'], { app, root, cwd: root });
  expect(code).toBe(3);
  expect(stdout).toContain('Friends');
  expect(stderr).toContain('wine.jpg” is empty');
});

test('where the sheet cannot be made, what was cleaned is told all the same', async () => {
  const app = demoApp();
  app.api.contactSheet = ({ output: file }) => Promise.reject(new AppError('disk-full', { path: file }));
  const { code, stdout, stderr } = await run(['demo'], { app, root, cwd: root });
  expect(code).toBe(1);
  expect(stdout).toContain('24.50 → 33.25 dB');
  expect(stderr).toContain('is full');
});

test('where the samples are missing, it says where they were looked for', async () => {
  const { code, stderr } = await run(['demo'], { root: '/nowhere', cwd: root });
  expect(code).toBe(1);
  expect(stderr).toContain('Nothing is found at “/nowhere/samples/manifest.json”');
});
