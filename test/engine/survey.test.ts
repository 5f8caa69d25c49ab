import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { phrase } from '../../contract/texts/fill-in.ts';
import { expect, test } from 'vitest';
import type { SurveyCode, TrainingSurvey } from '../../contract/train.ts';
import { pictureDecoder } from '../../engine/training/decode-picture.ts';
import type { SurveyRequest } from '../../contract/engine-api.ts';
import { surveyTrainingFolder } from '../../engine/training/survey.ts';
import { Random } from '../../model/noise/random.ts';
import { addGaussian } from '../../model/training/noisy-batch.ts';
import { makeTiff, plainPage } from '../fixtures/pictures-tiff.ts';
import { scratchFolder, tinyConfig, writeGarbage } from './train-fixtures.ts';

const SIDE = 64;

/** A coarse pattern, no two alike. */
function pattern(seed: number, side = SIDE, noise = 0): Float32Array {
  const random = new Random(seed).split('pattern');
  const coarse = Array.from({ length: 16 }, () => 0.2 + 0.6 * random.uniform());
  const clean = Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [Math.floor(((i % side) * 4) / side), Math.floor((Math.floor(i / side) * 4) / side)];
    return coarse[4 * y + x]!;
  });
  return noise > 0 ? addGaussian(clean, noise, random) : clean;
}

async function write(file: string, values: Float32Array, side = SIDE): Promise<void> {
  const bytes = Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(255 * value))));
  await sharp(bytes, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(file);
}

/** A folder of so many different pictures. */
async function folderOf(count: number, noise = 0): Promise<string> {
  const folder = await scratchFolder();
  for (let i = 0; i < count; i++) await write(join(folder, `${i}.png`), pattern(i, SIDE, noise));
  return folder;
}

function survey(folder: string, changes: Partial<SurveyRequest> = {}): Promise<TrainingSurvey> {
  const request = { ...tinyConfig(folder, { patch: 32 }), ...changes };
  return surveyTrainingFolder(request, pictureDecoder(), () => undefined, new AbortController().signal);
}

const codes = ({ findings }: TrainingSurvey) => findings.map(({ code }) => code);
const found = ({ findings }: TrainingSurvey, code: SurveyCode) => findings.find((one) => one.code === code)!;

test('a good folder is described and has no findings', async () => {
  const told = await survey(await folderOf(24));
  expect(codes(told)).toEqual([]);
  expect(told).toMatchObject({ pictures: 24, files: 24, looked: 24, training: 22, validation: 2 });
  expect(told).toMatchObject({
    sides: { smallest: 64, median: 64, largest: 64 },
    depths: { 8: 24 },
    grey: 24,
    colour: 0,
  });
  expect(told.noiseFactor).toBeLessThan(0.005);
});

test('few pictures, small ones, flat ones and broken ones are each told by name', async () => {
  const folder = await folderOf(4);
  await write(join(folder, 'small.png'), pattern(50, 20), 20);
  await write(join(folder, 'flat.png'), new Float32Array(SIDE * SIDE).fill(0.5));
  await writeGarbage(join(folder, 'broken.png'));
  const told = await survey(folder, { validationShare: 0 });
  expect(codes(told).sort()).toEqual(['no-validation', 'too-few', 'too-flat', 'too-small', 'unreadable']);
  expect(found(told, 'too-few').details).toEqual({ count: 6, wanted: 20 });
  // What can't be read, or is too small, is no picture to learn from.
  expect(told).toMatchObject({ pictures: 5, training: 5, validation: 0 });
  expect(found(told, 'too-small').files).toEqual([
    { file: join(folder, 'small.png'), reason: phrase('seen-size', { width: 20, height: 20 }) },
  ]);
  expect(found(told, 'too-flat').files.map(({ file }) => file)).toEqual([join(folder, 'flat.png')]);
  expect(found(told, 'unreadable').files.map(({ file }) => file)).toEqual([join(folder, 'broken.png')]);
});

test('pictures of 16 bits that use a few hundred levels are measured on these; a bright pixel that prevents it is told', async () => {
  const folder = await scratchFolder();
  for (let i = 0; i < 3; i++) {
    const values = pattern(i, SIDE, 0.05).map((value) => Math.max(0, value));
    const samples = Uint16Array.from(values, (value) => Math.round((i === 2 ? 40_000 : 2000) * value));
    if (i === 1) samples[500] = 60_000;
    await sharp(samples, { raw: { width: SIDE, height: SIDE, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(join(folder, `${i}.png`));
  }
  const told = await survey(folder, { pictures: { kind: 'noisy' } });
  expect(codes(told)).not.toContain('too-flat');
  const narrow = found(told, 'narrow-range');
  expect(narrow.files.map(({ file }) => file)).toEqual([join(folder, '1.png')]);
  expect(narrow.details['most']).toBeLessThanOrEqual(4);
});

test('nothing that can be used is a reason to stop', async () => {
  expect(found(await survey(await scratchFolder()), 'nothing').weight).toBe('stop');
  const garbage = await scratchFolder();
  await writeGarbage(join(garbage, 'a.png'));
  expect(found(await survey(garbage), 'nothing').weight).toBe('stop');
  const small = await scratchFolder();
  await write(join(small, 'a.png'), pattern(1, 16), 16);
  expect(found(await survey(small), 'too-small').weight).toBe('stop');
});

test('“clean” pictures that are noisy are measured, “noisy” ones that are clean noticed', async () => {
  const noisy = await folderOf(6, 0.06);
  const told = await survey(noisy);
  expect(codes(told)).toContain('clean-is-noisy');
  expect(Number(found(told, 'clean-is-noisy').details['noiseFactor'])).toBeCloseTo(0.06, 1);
  expect(codes(await survey(noisy, { pictures: { kind: 'noisy' } }))).toEqual(['too-few']);
  expect(codes(await survey(await folderOf(20), { pictures: { kind: 'noisy' } }))).toEqual([
    'noisy-is-clean',
  ]);
});

test('a copy of a picture that is kept for validation is found on the other side', async () => {
  const folder = await folderOf(10);
  const darker = (i: number) => pattern(i).map((value) => 0.9 * value);
  for (let i = 0; i < 10; i++) await write(join(folder, `copy of ${i}.png`), darker(i));
  const told = await survey(folder, { validationShare: 0.25 });
  const twins = found(told, 'near-duplicates');
  expect(twins.details['count']).toBeGreaterThanOrEqual(1);
  expect(twins.files[0]!.reason).toMatchObject({ phrase: 'seen-twin' });
});

test('pairs are shown as they are matched, with what does not fit, and a better layout is suggested', async () => {
  const folder = await scratchFolder();
  for (const side of ['noisy', 'clean']) await mkdir(join(folder, side));
  for (let i = 0; i < 20; i++) {
    await write(join(folder, 'noisy', `${i}.png`), pattern(i, SIDE, 0.1));
    await write(join(folder, 'clean', `${i}.png`), pattern(i, i === 3 ? 48 : SIDE), i === 3 ? 48 : SIDE);
  }
  await write(join(folder, 'clean', 'lone.png'), pattern(77));
  const pictures = { kind: 'pairs', noisy: 'noisy/*', clean: 'clean/*' } as const;
  const told = await survey(folder, { pictures });
  expect(told).toMatchObject({ pictures: 20, files: 41, suggestedPairs: null });
  expect(told.pairs).toContainEqual({
    noisy: join(folder, 'noisy', '7.png'),
    clean: join(folder, 'clean', '7.png'),
  });
  expect(codes(told)).toEqual(['pair-incomplete', 'pair-mismatched']);
  expect(found(told, 'pair-mismatched').files).toEqual([
    {
      file: join(folder, 'noisy', '3.png'),
      reason: phrase('seen-sizes', { width: 64, height: 64, otherWidth: 48, otherHeight: 48 }),
    },
  ]);
  const wrong = await survey(folder, { pictures: { kind: 'pairs', noisy: '*_n', clean: '*_c' } });
  expect(wrong.suggestedPairs).toEqual({ noisy: 'noisy/*', clean: 'clean/*' });
  expect(found(wrong, 'nothing').weight).toBe('stop');
});

test('mixed depths are noted, and pages of stacks count one by one', async () => {
  const folder = await folderOf(12);
  const pages = Array.from({ length: 10 }, (_, i) =>
    plainPage({
      ...{ width: SIDE, height: SIDE, channels: 1 },
      samples: Uint16Array.from(pattern(100 + i), (value) => Math.round(65535 * value)),
    }),
  );
  await writeFile(join(folder, 'stack.tif'), makeTiff({ pages }));
  const told = await survey(folder);
  expect(told).toMatchObject({ pictures: 22, files: 13 });
  expect(codes(told)).toEqual(['mixed-depths']);
  expect(found(told, 'mixed-depths').details).toEqual({ depths: '8, 16' });
});

test('looking stops when it is asked to', async () => {
  const request = tinyConfig(await folderOf(2));
  const looking = surveyTrainingFolder(request, pictureDecoder(), () => undefined, AbortSignal.abort());
  await expect(looking).rejects.toThrow();
});
