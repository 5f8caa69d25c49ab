import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanJob, type CleanPlan } from '../../../contract/clean.ts';
import type { ImageSummary } from '../../../contract/image.ts';
import { checkBatch, type CheckContext } from '../../../app/window/check.ts';
import { fresh, type Row } from '../../../app/window/row.ts';
import { useWorkshop, type Workshop } from '../workshop.ts';
import { TestWindow } from './window-bench.ts';

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => ({ workshop, enginePath } = made));

const summary = (width: number, height: number): ImageSummary => ({
  format: 'jpeg',
  width,
  height,
  channels: 3,
  alpha: false,
  bitDepth: 8,
  pages: 1,
  bytes: 1e6,
  ownOutput: false,
});

const rowAt = (source: string, more: Partial<Row> = {}): Row => ({
  ...fresh,
  id: source,
  source,
  root: null,
  folder: '',
  bytes: 1e6,
  modifiedMs: 0,
  state: 'ready',
  summary: summary(4000, 3000),
  ...more,
});

const contextOf = (rows: Row[], more: Partial<CheckContext> = {}, settings = {}): CheckContext => ({
  rows,
  job: cleanJob.parse({
    kind: 'clean',
    inputs: rows.map(({ source }) => source),
    out: workshop.out,
    settings,
  }),
  plan: (): Promise<CleanPlan> =>
    Promise.resolve({
      pictures: rows.map(({ source, bytes }) => ({
        source,
        folder: workshop.out,
        stem: 'x_denoised',
        bytes,
        modifiedMs: 0,
      })),
      skipped: [],
    }),
  speed: 4,
  free: () => Promise.resolve(1e12),
  freeMemory: () => 1e12,
  ...more,
});

const codes = async (context: CheckContext) =>
  (await checkBatch(context)).findings.map(({ code, stops }) => `${code}${stops ? ' stops' : ''}`);

describe('the check', () => {
  test('foresees work, time, space and memory', async () => {
    const check = await checkBatch(contextOf([rowAt('/a/1.jpg'), rowAt('/a/2.jpg', { summary: null })]));
    expect(check).toMatchObject({ pictures: 2, megapixels: 24, seconds: 6, findings: [] });
    expect(check.bytesNeeded).toBeCloseTo(2.2e6, -3);
    // Two copies of the samples, the file three times, and the engine itself.
    expect(check.memoryBytes).toBeGreaterThan(2 * 36e6 + 3e6);
    const png = await checkBatch(contextOf([rowAt('/a/1.jpg')], {}, { format: 'png', bitDepth: 16 }));
    expect(png.bytesNeeded).toBeGreaterThan(10 * 1.1e6);
  });

  test('stops where there is surely not enough space, and warns where it may be short', async () => {
    const with_ = (bytes: number) => contextOf([rowAt('/a/1.jpg')], { free: () => Promise.resolve(bytes) });
    expect(await codes(with_(2e6))).toEqual([]);
    expect(await codes(with_(1e6))).toEqual(['disk-space-short']);
    expect(await codes(with_(1e5))).toEqual(['disk-space-short stops']);
  });

  test('warns of memory, by the limit that was set before what is free', async () => {
    const rows = [rowAt('/a/1.jpg', { summary: summary(20_000, 10_000) })];
    expect(await codes(contextOf(rows, { freeMemory: () => 1e9 }))).toEqual(['memory-short']);
    expect(await codes(contextOf(rows, {}, { memory: 1e9 }))).toEqual(['memory-short']);
    expect(await codes(contextOf(rows))).toEqual([]);
  });

  test('stops where nothing can be written', async () => {
    await writeFile(workshop.out, 'a file');
    expect(await codes(contextOf([rowAt('/a/1.jpg')]))).toEqual(['folder-not-writable stops']);
  });
});

test('a window is told of what cannot be read, collides, is there already or is an own output', async () => {
  await workshop.picture('one/a.png');
  await workshop.picture('two/a.png');
  await workshop.picture('bad.png', 'unreadable');
  const window = new TestWindow(workshop.app(enginePath));
  window.host.picks.folder = workshop.out;
  await window.call('chooseOutputFolder', {});
  expect((await window.call('checkBatch', { rows: 'all' })).findings).toMatchObject([
    { code: 'nothing-to-do', stops: true },
  ]);
  await window.add(
    join(workshop.pictures, 'one/a.png'),
    join(workshop.pictures, 'two/a.png'),
    join(workshop.pictures, 'bad.png'),
  );
  await mkdir(workshop.out);
  await writeFile(join(workshop.out, 'a_denoised.png'), '');
  const check = await window.call('checkBatch', { rows: 'all' });
  expect(check).toMatchObject({ pictures: 2, megapixels: 4 });
  expect(check.findings).toEqual([
    { code: 'unreadable-pictures', stops: false, details: { count: 1 } },
    { code: 'name-collisions', stops: false, details: { count: 1 } },
    { code: 'outputs-exist', stops: false, details: { count: 1, rule: 'rename' } },
  ]);
  expect(workshop.attempts()).toEqual([]);
  expect(workshop.results()).toEqual(['a_denoised.png']);
});
