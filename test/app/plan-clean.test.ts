import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KnownOutputs } from '../../app/clean/known-outputs.ts';
import { planClean } from '../../app/clean/plan-clean.ts';
import { markDescription } from '../../engine/images/own-mark.ts';
import { cleanJob, type CleanedPicture, type CleanSettings } from '../../contract/clean.ts';
import { pngSignature } from './workshop.ts';
import { createHash } from 'node:crypto';

let folder: string;
let known: KnownOutputs;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-'));
  await mkdir(join(folder, 'in'));
  known = new KnownOutputs(join(folder, 'outputs.jsonl'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text = ''): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, Buffer.concat([pngSignature, Buffer.from(text)]));
  return path;
}

async function plan(settings: Partial<CleanSettings> = {}, out: string | null = null, inputs = ['in']) {
  const job = cleanJob.parse({
    kind: 'clean',
    inputs: inputs.map((name) => join(folder, name)),
    out,
    settings,
  });
  const context = { model: 'm', now: new Date(), known, avoid: [] };
  const { pictures, skipped } = await planClean(job, context);
  return {
    pictures: pictures.map((one) => `${relative(folder, one.folder)}/${one.stem}`),
    skipped: Object.fromEntries(skipped.map(({ source, code }) => [relative(folder, source), code])),
  };
}

async function remember(path: string, text: string, unchanged = false): Promise<void> {
  const bytes = Buffer.concat([pngSignature, Buffer.from(text)]);
  const outputSha256 = createHash('sha256').update(bytes).digest('hex');
  await known.remember({
    output: path,
    outputBytes: bytes.length,
    outputSha256,
    unchanged,
  } as CleanedPicture);
}

test('results are known by their mark, under any name', async () => {
  await file('in/holiday.png', markDescription('Unspeckle'));
  await file('in/new_denoised.png');
  expect(await plan()).toEqual({
    pictures: ['in/new_denoised_denoised'],
    skipped: { 'in/holiday.png': 'own-output' },
  });
});

test('results without a mark are known by their content, wherever they lie now', async () => {
  await remember('/elsewhere/a.png', 'cleaned');
  await file('in/moved.png', 'cleaned');
  await file('in/other.png', 'CLEANED');
  expect((await plan()).skipped).toEqual({ 'in/moved.png': 'own-output' });
});

test('a copy of a clean picture is a result, its source is not', async () => {
  await file('in/a.png', 'clean already');
  await remember(await file('in/a_denoised.png', 'clean already'), 'clean already', true);
  expect(await plan()).toEqual({
    pictures: ['in/a_denoised'],
    skipped: { 'in/a_denoised.png': 'own-output' },
  });
});

test('P5: overwriting never meets a source: by name, by link, or by a number that is not known yet', async () => {
  const a = await file('in/a.png');
  expect((await plan({ name: '{name}', onConflict: 'overwrite' })).skipped).toEqual({
    'in/a.png': 'output-is-input',
  });
  await link(a, join(folder, 'in/a_denoised.png'));
  expect((await plan({ onConflict: 'overwrite' }, null, ['in/a.png'])).skipped).toEqual({
    'in/a.png': 'output-is-input',
  });
  await rm(join(folder, 'in/a_denoised.png'));
  await symlink('a.png', join(folder, 'in/a_denoised.png'));
  expect((await plan({ onConflict: 'overwrite' })).skipped).toMatchObject({ 'in/a.png': 'output-is-input' });
  await file('in/0.123.png');
  const byFactor = await plan({ name: '{factor}', onConflict: 'overwrite' });
  expect(byFactor.skipped['in/0.123.png']).toBe('output-is-input');
  expect(
    await plan({ name: '{factor}', onConflict: 'overwrite' }, join(folder, 'out'), ['in/a.png']),
  ).toMatchObject({
    pictures: ['out/{factor}'],
  });
});

test('P9: an output folder that is a link to the input folder is the input folder', async () => {
  await file('in/a.png');
  await symlink('in', join(folder, 'out'));
  const settings = { name: '{name}', onConflict: 'overwrite' } as const;
  expect((await plan(settings, join(folder, 'out'))).skipped).toEqual({ 'in/a.png': 'output-is-input' });
});

test('with “skip” what exists is not planned, with “rename” it is', async () => {
  await file('in/a.png');
  await file('in/b.png');
  await file('out/a_denoised.png', 'old');
  const out = join(folder, 'out');
  expect(await plan({ onConflict: 'skip' }, out)).toEqual({
    pictures: ['out/b_denoised'],
    skipped: { 'in/a.png': 'output-kept' },
  });
  expect((await plan({}, out)).pictures).toEqual(['out/a_denoised', 'out/b_denoised']);
});

test('nothing found at all is an error, something that cannot be used is told', async () => {
  await expect(plan()).rejects.toMatchObject({ code: 'no-pictures' });
  expect((await plan({}, null, ['gone'])).skipped).toEqual({ gone: 'path-not-found' });
});
