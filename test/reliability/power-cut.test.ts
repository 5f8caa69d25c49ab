import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { needTrace } from '../storage/faults.ts';
import { buildLoneWriter, killAt } from './kill-sweep.ts';
import { Disk } from './power-cut.ts';
import { writers, type WriterName } from './writers.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let program: string;
let remove: () => Promise<void>;
let folder: string;
beforeAll(async () => {
  ({ program, remove } = await buildLoneWriter());
  folder = await mkdtemp(join(tmpdir(), 'power-cut-'));
});
afterAll(async () => {
  await remove();
  await rm(folder, { recursive: true, force: true });
});

/** A kill leaves what was written with the system, a power cut does not: only what was flushed in time is there. */
test.for(Object.keys(writers) as WriterName[])(
  'F1, F2: with the power cut as soon as it is called done, %s is there: bytes were flushed before they got a name, names before they were relied on',
  async (name, context) => {
    await needTrace(context);
    const place = join(folder, name);
    await mkdir(place);
    await writers[name].prepare(place);
    const disk = await Disk.of(place);
    const ending = await killAt(program, name, place);
    disk.follow(ending.killed ? '' : ending.log);
    expect(await writers[name].look(place)).toBe('new');
    // A lock is of no use after a power cut.
    const kept = (told: readonly string[]) => told.filter((one) => !/[./]lock[-.: ]|takeover/.test(one));
    expect([kept(disk.lost), kept(disk.uncertain)]).toEqual([[], []]);
  },
);

test('F1, F2: what would be forgotten is seen: bytes and names that were not flushed, and names given too early', async () => {
  const place = join(folder, 'seen');
  await mkdir(place);
  const disk = await Disk.of(place);
  disk.follow(
    [
      `1 openat(AT_FDCWD, "${place}/a.part", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0666) = 20<${place}/a.part>`,
      `1 write(20<${place}/a.part>, "x"..., 5 <unfinished ...>`,
      `2 write(5<anon_inode:[eventfd]>, "x", 8) = 8`,
      `1 <... write resumed>) = 5`,
      `1 rename("${place}/a.part", "${place}/a") = 0`,
      `1 openat(AT_FDCWD, "${place}/journal", O_WRONLY|O_CREAT|O_APPEND|O_CLOEXEC, 0600) = 21<${place}/journal>`,
      `1 fsync(22<${place}>) = 0`,
      `1 write(21<${place}/journal>, "x"..., 5) = 5`,
      `1 link("${place}/a", "${place}/b") = -1 EEXIST (File exists)`,
      `1 mkdir("${place}/folder", 0700) = 0`,
    ].join('\n'),
  );
  expect(disk.lost).toEqual(['a.part became a before it was flushed']);
  expect(disk.uncertain).toEqual(['folder: name', 'journal: bytes']);
});
