import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { needTrace } from '../storage/faults.ts';
import { buildLoneWriter, changingCalls, killAt } from './kill-sweep.ts';
import { Disk } from './power-cut.ts';
import { ownHome, straceOf, useProduct } from './product.ts';
import { writers, type WriterName } from './writers.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const product = useProduct();
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

/** A lock is of no use after a power cut. */
const kept = (told: readonly string[]) => told.filter((one) => !/[./]lock[-.: ]|takeover/.test(one));

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
    expect([kept(disk.lost), kept(disk.uncertain)]).toEqual([[], []]);
  },
);

test('F1, F2: with the power cut as soon as the built program has ended, its results, its report, its journals and the model of a training are there', async (context) => {
  const at = product();
  for (let seed = 0; seed < 3; seed++) await writeNoisy(join(at.pictures, `p${seed}.png`), { width: 60, height: 40, seed });
  const home = await ownHome(at.folder);
  const env = { UNSPECKLE_HOME: home };
  await writeFile(join(at.folder, 'report.json'), '{"jobId":"earlier","job":{}}');
  const clean = ['clean', 'pictures', '--out', 'out/new', '--report', 'report.json', '--json', '--noise-factor', '0.1'];
  const train = ['train', 'pictures', '--batch', '2', '--patch', '16', '--threads', '1', '--steps', '3', '--json', '--name', 'mine'];
  const move = [['models', 'export', 'mine', 'mine.zip'], ['models', 'import', 'mine.zip', '--name', 'theirs']];
  for (const argv of [clean, train, ...move]) {
    const disk = await Disk.of(at.folder);
    const trace = join(at.folder, 'tmp', 'trace');
    const under = straceOf(context, '-y', '-o', trace, '-e', `trace=${changingCalls},copy_file_range,sendfile`);
    const ended = await at.run(argv, { under, env });
    expect([argv, ended.code]).toEqual([argv, 0]);
    disk.follow(await readFile(trace, 'latin1'));
    // What is made anew without a word: measurements, logs, temporary files, and that nothing is left to do.
    const dear = (told: readonly string[]) => kept(told).filter((one) => !/^tmp\/|own-home\/(?:cache|logs)|\/(?:finished|tidied): /.test(one));
    expect([argv, dear(disk.lost), dear(disk.uncertain)]).toEqual([argv, [], []]);
  }
}); // prettier-ignore

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
