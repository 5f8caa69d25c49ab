import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, type TestContext, vi } from 'vitest';
import { childrenOf, filesIn, fingerprints, isAlive, prepareHome, until, Workspace } from './built-cli.ts';
import { batchLine, checkLines } from './json-schemas.ts';
import { writeNoisy } from './noisy-pictures.ts';

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

const count = 12;

/** Pictures that take long enough to be caught in the middle. */
async function writeMany(): Promise<void> {
  for (let index = 0; index < count; index++) {
    await writeNoisy(join(at.pictures, `p${String(index).padStart(2, '0')}.png`), {
      width: 240,
      height: 180,
      seed: index,
    });
  }
}

const argv = ['clean', 'pictures', '--out', 'out', '--json', '--noise-factor', '0.1'];

/** Every result there, whole, and nothing else. */
async function expectAllThere(): Promise<void> {
  const files = await filesIn(at.out);
  expect(files).toEqual(Array.from({ length: count }, (_, index) => `p${String(index).padStart(2, '0')}_denoised.png`)); // prettier-ignore
  for (const file of files) {
    const { data, info } = await sharp(join(at.out, file)).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, data.length > 0]).toEqual([240, 180, true]);
  }
}

function onlyOnLinux(context: TestContext): void {
  if (process.platform !== 'linux') context.skip('finds the engine through /proc');
}

test('F5: kill -9 in the middle: --resume does the rest, and only the rest', async (context) => {
  onlyOnLinux(context);
  await writeMany();
  const before = await fingerprints(at.pictures);
  const running = at.start(argv);
  await running.seen('done', 3);
  const engines = await childrenOf(running.process.pid);
  running.process.kill('SIGKILL');
  const killed = await running.ended;
  expect(killed.signal).toBe('SIGKILL');
  await until('no engine is left alone', () => engines.every((pid) => !isAlive(pid)));

  // What was told as done stays done; what was finished in the very moment may be made anew.
  const told = killed.stdout.match(/[^/]*_denoised\.png(?=","width")/g) ?? [];
  expect(told.length).toBeGreaterThanOrEqual(3);
  const finished = await timesOf(at.out, told);
  const resumed = await at.run([...argv, '--resume']);
  expect(resumed.code).toBe(0);
  checkLines(batchLine, resumed.json());
  expect(resumed.json().at(-1)).toMatchObject({ failed: 0, pending: 0 });
  await expectAllThere();
  expect(await timesOf(at.out, told)).toEqual(finished);
  expect(await fingerprints(at.pictures)).toEqual(before);
});

/** Inode and time of the last change of content or attributes: a file that is written again has others. */
async function timesOf(folder: string, files: readonly string[]): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const file of files) {
    const { ino, ctimeMs } = await stat(join(folder, file));
    result[file] = `${ino} ${ctimeMs}`;
  }
  return result;
}

test('F5: kill -9, then the same command with --on-conflict skip, also does only the rest', async () => {
  await writeMany();
  const running = at.start(argv);
  await running.seen('done', 2);
  running.process.kill('SIGKILL');
  await running.ended;
  const there = (await filesIn(at.out)).filter((name) => name.endsWith('_denoised.png'));
  const finished = await timesOf(at.out, there);
  const again = await at.run([...argv, '--on-conflict', 'skip']);
  expect(again.code).toBe(0);
  expect(again.json().at(-1)).toMatchObject({ failed: 0, done: count - there.length });
  await expectAllThere();
  expect(await timesOf(at.out, there)).toEqual(finished);
});

test('F3: kill -9 of the engine in the middle: it is started again and every picture is done', async (context) => {
  onlyOnLinux(context);
  await writeMany();
  const running = at.start(argv);
  await running.seen('done', 2);
  const engines = await childrenOf(running.process.pid);
  expect(engines.length).toBeGreaterThan(0);
  for (const pid of engines) process.kill(pid, 'SIGKILL');
  const { code, json } = await running.ended;
  checkLines(batchLine, json());
  expect(code).toBe(0);
  expect(json().some(({ type }) => type === 'engine-restarted')).toBe(true);
  expect(json().at(-1)).toMatchObject({ done: count, failed: 0 });
  await expectAllThere();
});

test.each<[string, NodeJS.Signals, number]>([
  ['Ctrl-C', 'SIGINT', 130],
  ['SIGTERM', 'SIGTERM', 143],
])('F10: %s to the whole group ends within two seconds, keeps what is done, leaves no part', async (_, signal, expected) => {
  await writeMany();
  const running = at.start(argv);
  await running.seen('done', 2);
  const sent = Date.now();
  process.kill(-(running.process.pid ?? NaN), signal);
  const { code, json } = await running.ended;
  // 2 s for the picture at hand, and a little for a machine that is busy with other tests.
  expect(Date.now() - sent).toBeLessThan(3500);
  expect(code).toBe(expected);
  checkLines(batchLine, json());
  const summary = json().at(-1);
  expect(summary).toMatchObject({ stopped: true, failed: 0 });
  const files = await filesIn(at.out);
  expect(files.filter((file) => !file.endsWith('_denoised.png'))).toEqual([]);
  expect(Number(summary?.['done'])).toBe(files.length);
  const resumed = await at.run([...argv, '--resume']);
  expect(resumed.code).toBe(0);
  await expectAllThere();
}); // prettier-ignore

test('a reader that leaves ends a batch quietly, and nothing is torn', async () => {
  await writeMany();
  const running = at.start(argv);
  await running.seen('done', 1);
  running.process.stdout?.destroy();
  const { code, stderr } = await running.ended;
  expect(stderr).toBe('');
  expect(code).toBe(143);
  const files = await filesIn(at.out);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    expect((await sharp(await readFile(join(at.out, file))).metadata()).width).toBe(240);
  }
});
