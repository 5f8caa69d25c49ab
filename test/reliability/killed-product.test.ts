import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi, type TestContext } from 'vitest';
import {
  childrenOf,
  filesIn,
  fingerprints,
  isAlive,
  until,
  type Ended,
  type Workspace,
} from '../cli/built-cli.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { Invariants } from './invariants.ts';
import { clean, ownHome, straceOf, useProduct } from './product.ts';

const isLong = process.env['MODE'] === 'long';
const minutes = 60_000;

// Each starts many processes, on machines that may be busy.
vi.setConfig({ testTimeout: 40 * minutes, hookTimeout: 4 * minutes });

const product = useProduct();
let at: Workspace;
beforeEach(() => {
  at = product();
});

const cleanByOnnx = [...clean, '--backend', 'onnx'];

/** Calls at which app or engine is killed, and which of them: as many points as there are numbers. */
const batchPoints: readonly (readonly [string, readonly number[]])[] = isLong
  ? [
      ['fsync', [1, 2, 3]],
      ['fdatasync', [1, 2]],
      ['link', [1]],
      ['rename', [1, 2]],
      ['unlink', [1, 2]],
      ['mkdir', [1, 2]],
      ['write', [2, 5, 10, 20, 30]],
      ['openat', [30, 60, 90]],
      ['close', [20, 40, 60]],
    ]
  : [
      ['link', [1]],
      ['fdatasync', [1]],
    ];

const importPoints: typeof batchPoints = isLong
  ? [
      ['fsync', [1, 2]],
      ['rename', [1]],
      ['unlink', [1]],
      ['mkdir', [1, 2]],
      ['write', [2, 5, 10]],
      ['openat', [30, 60]],
      ['close', [20, 40]],
    ]
  : [['fsync', [1]]];

const trainingPoints = [
  ['fsync', 1],
  ['fsync', 2],
  ['rename', 1],
  ['rename', 2],
  ['mkdir', 2],
  ['mkdir', 3],
  ['write', 20],
  ['openat', 60],
] as const;

/** Of all tests of this file together. */
let killedInAll = 0;

const killing = (context: TestContext, call: string, when: number): string[] =>
  straceOf(
    context,
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:signal=SIGKILL:when=${when}`,
  );

async function noEngineLeft(ended: Ended, pid: number | undefined): Promise<void> {
  expect(ended.code === null || typeof ended.code === 'number').toBe(true);
  await until('no engine is left alone', async () =>
    (await childrenOf(pid)).every((child) => !isAlive(child)),
  );
}

test('F1, F3, F5: app or engine killed at a call in a batch of the built program, the next run ends as an undisturbed one', async (context) => {
  for (let seed = 0; seed < 3; seed++) await writeNoisy(join(at.pictures, `p${seed}.png`), { width: 60, height: 40, seed });
  const before = await Invariants.of(at, ['own-home', 'undisturbed']);
  await at.run(cleanByOnnx);
  const undisturbed = await contents(at.out);
  let killed = 0;
  for (const [call, whens] of batchPoints) {
    for (const when of whens) {
      await rm(at.out, { recursive: true, force: true });
      await rm(join(at.folder, 'own-home'), { recursive: true, force: true });
      const env = { UNSPECKLE_HOME: await ownHome(at.folder) };
      const running = at.start(cleanByOnnx, { under: killing(context, call, when), env });
      const ended = await running.ended;
      if (ended.code !== 0 || ended.json().some(({ type }) => type === 'engine-restarted')) killed++;
      await noEngineLeft(ended, running.process.pid);
      const resumed = await at.run([...cleanByOnnx, '--resume'], { env });
      // A job that never began cannot be gone on with; the same command begins it.
      const last = resumed.json().at(-1)?.['code'] === 'job-not-found' ? await at.run(cleanByOnnx, { env }) : resumed;
      expect([call, when, await contents(at.out)]).toEqual([call, when, undisturbed]);
      await before.hold(last, { code: 0 });
    }
  }
  console.log(`kill points through a batch of the whole product: ${killed}, torn: 0`);
  killedInAll += killed;
  expect(killed).toBeGreaterThanOrEqual(isLong ? 15 : 1);
}); // prettier-ignore

/** Results by name, with what cannot differ from run to run: their content. */
async function contents(folder: string): Promise<Record<string, string>> {
  const prints = await fingerprints(folder).catch(() => ({}));
  return Object.fromEntries(Object.entries(prints).map(([name, print]) => [name, print.split(' ')[0] ?? '']));
}

test('F1, F5: killed at a call in the import of a model by the built program, the next import ends as an undisturbed one', async (context) => {
  await at.run(['models', 'export', 'gaussian-small', 'theirs.zip']);
  const before = await Invariants.of(at, ['own-home']);
  let killed = 0;
  for (const [call, whens] of importPoints) {
    for (const when of whens) {
      await rm(join(at.folder, 'own-home'), { recursive: true, force: true });
      const home = await ownHome(at.folder);
      const env = { UNSPECKLE_HOME: home };
      const argv = ['models', 'import', 'theirs.zip', '--name', 'theirs'];
      const first = await at.run(argv, { under: killing(context, call, when), env });
      if (first.code !== 0) killed++;
      const names = (await readdir(join(home, 'models')).catch(() => [])).filter((name) => !name.startsWith('.'));
      // Whole, or not there.
      for (const name of names) expect(await filesIn(join(home, 'models', name))).toEqual(['card.json', 'model.json', 'weights.bin']); // prettier-ignore
      if (names.length === 0) expect((await at.run(argv, { env })).code).toBe(0);
      else expect((await at.run(['models', 'show', 'theirs'], { env })).code).toBe(0);
      expect((await readdir(join(home, 'models'))).filter((name) => !name.startsWith('.import'))).toEqual(['theirs']);
    }
  }
  await before.hold(await at.run(['models', 'list', '--json']), { code: 0 });
  console.log(`kill points through an import of the whole product: ${killed}, torn: 0`);
  killedInAll += killed;
  expect(killed).toBeGreaterThanOrEqual(1);
}); // prettier-ignore

test('F2, F5: killed at a call in a training of the built program, the model is whole or not there, and the next training makes it', async (context) => {
  if (!isLong) context.skip('takes minutes: npm run test:long runs it');
  for (let seed = 1; seed <= 3; seed++) {
    await writeNoisy(join(at.pictures, `${seed}.png`), { seed, noiseFactor: 0, width: 96, height: 80 });
  }
  const before = await Invariants.of(at, ['own-home']);
  const train = ['train', 'pictures', '--batch', '2', '--patch', '16', '--threads', '1', '--steps', '3', '--json', '--name', 'mine']; // prettier-ignore
  let killed = 0;
  for (const [call, when] of trainingPoints) {
    await rm(join(at.folder, 'own-home'), { recursive: true, force: true });
    const home = await ownHome(at.folder);
    const env = { UNSPECKLE_HOME: home };
    const first = await at.run(train, { under: killing(context, call, when), env });
    if (first.code !== 0) killed++;
    const there = (await at.run(['models', 'show', 'mine'], { env })).code === 0;
    if (!there) expect([call, when, (await at.run(train, { env })).code]).toEqual([call, when, 0]);
    const models = (await readdir(join(home, 'models'))).filter((name) => !name.startsWith('.'));
    expect(models).toEqual(['mine']);
    const files = await filesIn(join(home, 'models', 'mine'));
    expect(files).toEqual(expect.arrayContaining(['card.json', 'model.json', 'weights.bin']));
  }
  await before.hold(await at.run(['models', 'list', '--json']), { code: 0 });
  console.log(`kill points through a training of the whole product: ${killed}, torn: 0`);
  killedInAll += killed;
  expect(killed).toBeGreaterThanOrEqual(3);
}); // prettier-ignore

test('F1, F2: kill points through the whole product are 30 at least', (context) => {
  if (!isLong) context.skip('takes minutes: npm run test:long runs it');
  console.log(`kill points through the whole product: ${killedInAll}`);
  expect(killedInAll).toBeGreaterThanOrEqual(30);
});

test('F3: an engine killed at 50 moments of batches of 20 pictures loses none: at the end the results are those of an undisturbed run', async (context) => {
  if (!isLong) context.skip('takes minutes: npm run test:long runs it');
  for (let seed = 0; seed < 20; seed++) await writeNoisy(join(at.pictures, `p${seed}.png`), { width: 200, height: 150, seed });
  const before = await Invariants.of(at);
  await at.run(cleanByOnnx);
  const undisturbed = await contents(at.out);
  let kills = 0;
  const backAfter: number[] = [];
  for (let round = 0; kills < 50 && round < 30; round++) {
    await rm(at.out, { recursive: true, force: true });
    const running = at.start([...cleanByOnnx, '--strength', '1']);
    let over = false;
    const ended = running.ended.finally(() => (over = true));
    while (!over && kills < 50) {
      // From its start to well within a picture: decoding, network, encoding, publishing.
      await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 2500));
      const [engine] = await childrenOf(running.process.pid);
      if (engine === undefined || over) continue;
      process.kill(engine, 'SIGKILL');
      kills++;
      const began = performance.now();
      await until('another engine', async () => over || (await childrenOf(running.process.pid)).some((pid) => pid !== engine), 30); // prettier-ignore
      backAfter.push(performance.now() - began);
    }
    const first = await ended;
    expect(first.signal).toBeNull();
    const failed = first.json().filter(({ type }) => type === 'failed');
    for (const { code } of failed) expect(['engine-crashed', 'engine-unavailable']).toContain(code);
    const last = first.code === 0 ? first : await at.run([...cleanByOnnx, '--resume']);
    expect(await contents(at.out)).toEqual(undisturbed);
    await before.hold(last, { code: 0 });
  }
  backAfter.sort((a, b) => a - b);
  console.log(`engine killed ${kills} times; another was there after ${(backAfter[Math.floor(backAfter.length / 2)] ?? 0).toFixed(0)} ms (median), ${(backAfter.at(-1) ?? 0).toFixed(0)} ms at most`);
  expect(kills).toBe(50);
  expect(backAfter[Math.floor(backAfter.length / 2)]).toBeLessThan(3000);
}); // prettier-ignore

test('F7, F11: an engine that hangs is ended by its missing heartbeat, its picture fails with the reason, and the rest is done', async (context) => {
  if (!isLong) context.skip('waits two minutes for a sign of life: npm run test:long runs it');
  for (let seed = 0; seed < 6; seed++) await writeNoisy(join(at.pictures, `p${seed}.png`), { width: 200, height: 150, seed });
  const before = await Invariants.of(at);
  const running = at.start(cleanByOnnx);
  await running.seen('done', 1);
  for (const engine of await childrenOf(running.process.pid)) process.kill(engine, 'SIGSTOP');
  const ended = await running.ended;
  expect(ended.json().some(({ type }) => type === 'engine-restarted')).toBe(true);
  expect(ended.stdout).toMatch(/no sign of life/);
  await before.hold(ended, { code: ended.code ?? -1, found: 6 });
  expect([0, 3]).toContain(ended.code);
}); // prettier-ignore
