import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Random } from '../../model/noise/random.ts';
import { fingerprints, prepareHome, root } from '../cli/built-cli.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { changeWeights, savedModel } from '../fixtures/models/model-folders.ts';
import { testData } from '../fixtures/test-data.ts';
import { hostileModels, pickleMark, type HostileModel } from './hostile-models.ts';
import { rawZip } from './raw-zip.ts';
import { beyond, canTrace, traced, type Traced } from './traced.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

/** Every case takes a second of its own; one of each row runs always, all of them in `npm run test:long`. */
const isLong = process.env['MODE'] === 'long';

let prepared: Awaited<ReturnType<typeof prepareHome>>;
let good: string;
let place: string;
beforeAll(async () => {
  prepared = await prepareHome();
  place = mkdtempSync(join(tmpdir(), 'hostile-models-'));
  good = join(place, 'good');
}, 180_000);
afterAll(async () => {
  rmSync(place, { recursive: true, force: true });
  await prepared.remove();
});

let folder: string;
let home: string;
beforeEach(async (context) => {
  if (!canTrace()) context.skip('strace is not here or may not trace');
  if (!existsSync(good)) cpSync(await savedModel(), good, { recursive: true });
  folder = mkdtempSync(join(place, 'case-'));
  home = join(folder, 'home');
  // Were it not there, the folder that holds it would be opened too, to make its name certain.
  mkdirSync(home, { mode: 0o700 });
  mkdirSync(join(folder, 'given'));
});

const env = () => ({ ...process.env, UNSPECKLE_HOME: home, LANG: 'C', LC_ALL: 'C' });

const run = (...args: string[]): Promise<Traced> =>
  traced([join(root, 'out/cli.js'), ...args], { env: env(), cwd: folder });

/** Brings a model in by the built command line, with the system watching. */
const importModel = (path: string): Promise<Traced> =>
  run('models', 'import', path, '--name', 'theirs', '--json');

/** Refused in a sentence, quickly, in little memory; nothing opened, asked, written or started elsewhere. */
function expectRefused({ code, stderr, stdout, ...seen }: Traced, given: string): void {
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^unspeckle: /)]);
  const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { code: string; message: string };
  expect(['model-invalid', 'path-not-found', 'not-a-regular-file']).toContain(told.code);
  expect(told.message).not.toMatch(/unknown error|\n\s+at |node:internal|\[object/i);
  expect(told.message.length).toBeLessThan(700);
  expect(told.message).toContain(basename(given));
  expect(existsSync(join(home, 'models')) ? readdirSync(join(home, 'models')) : []).toEqual([]);
  expect(beyond(seen.opened, [given, home])).toEqual([]);
  expect(beyond(seen.changed, [home]).filter((path) => !path.includes('traced-'))).toEqual([]);
  expect(seen.network.filter((call) => /AF_INET/.test(call))).toEqual([]);
  expect(seen.started.filter((path) => path !== process.execPath)).toEqual([]);
  // Time of the processor, not of the clock: the machine may be busy with other tests.
  expect(seen.cpuSeconds).toBeLessThan(2);
  expect(seen.peakBytes).toBeLessThan(300 * 2 ** 20);
}

const cases = isLong
  ? hostileModels
  : hostileModels.filter(({ id }, at) => hostileModels.findIndex((other) => other.id === id) === at);
const named = cases.map((one): [string, string, HostileModel] => [one.id, one.what, one]);

const rowsOfHostile = Array.from({ length: 15 }, (_, at) => `M${at + 2}`);

describe('M2, M3, M4, M5, M6, M7, M8, M9, M10, M11, M12, M13, M14, M15, M16: a hostile model is refused by the built app in under 2 s and 300 MB, and reaches nothing', () => {
  test('every row has cases', () => {
    expect([...new Set(named.map(([id]) => id))].sort()).toEqual([...rowsOfHostile].sort());
  });

  test.each(named)('%s: %s', async (_id, _what, { make }) => {
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const given = make(join(folder, 'given'), good);
    expectRefused(await importModel(given), given);
    expect(existsSync('/tmp/escaped')).toBe(false);
    expect(existsSync(join(folder, pickleMark))).toBe(false);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('M1 the samples of hostile models', () => {
  const own = join(import.meta.dirname, '../fixtures/hostile/models');
  test.each(readdirSync(own))('M1: %s is refused, and its folder stays as it is', async (name) => {
    const before = await fingerprints(join(own, name));
    expectRefused(await importModel(join(own, name)), join(own, name));
    expect(await fingerprints(join(own, name))).toEqual(before);
  });

  test('M1: every folder of the collection is refused', async (context) => {
    const folders = join(testData(context, 'hostile'), 'models');
    const names = readdirSync(folders);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expectRefused(await importModel(join(folders, name)), join(folders, name));
  });
});

describe('a model that was good when it came in', () => {
  const imported = () => join(home, 'models', 'theirs');

  test('M20: and whose weights were changed since is refused when it is used, and no picture is written', async () => {
    expect((await importModel(good)).code).toBe(0);
    changeWeights(imported(), (values) => values.fill(NaN));
    await writeNoisy(join(folder, 'a.png'), { width: 32, height: 24 });
    const { code, stdout, stderr } = await run('clean', 'a.png', '--model', 'theirs', '--noise-factor', '0.1', '--json'); // prettier-ignore
    expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('model-invalid')]);
    expect(readdirSync(folder).filter((name) => name.endsWith('.png'))).toEqual(['a.png']);
  });

  test('M20: and whose card became a pipe hangs nobody: the others are listed', async () => {
    expect((await importModel(good)).code).toBe(0);
    rmSync(join(imported(), 'card.json'));
    execFileSync('mkfifo', [join(imported(), 'card.json')]);
    const { code, stdout } = await run('models', 'list', '--json');
    expect(code).toBe(0);
    expect(stdout).toContain('gaussian-small');
    expect(stdout).not.toContain('theirs');
  });
});

test(
  'M19: a bit that flips anywhere in a zip ends in a refusal, or in a model as good as before',
  { timeout: 900_000 },
  async () => {
    const file = join(folder, 'model.zip');
    const names = ['model.json', 'weights.bin', 'card.json'];
    const whole = rawZip(names.map((name) => ({ name, data: readFileSync(join(good, name)) })));
    const random = new Random(2);
    const flips = isLong ? 120 : 4;
    let refused = 0;
    for (let at = 0; at < flips; at++) {
      const damaged = Buffer.from(whole);
      damaged[random.below(whole.length)]! ^= 1 << random.below(8);
      writeFileSync(file, damaged);
      const { code, stdout } = await importModel(file);
      expect([code === 0 || code === 1, stdout]).toEqual([true, expect.not.stringContaining('internal')]);
      if (code === 1) refused++;
      else rmSync(join(home, 'models'), { recursive: true });
    }
    expect(refused).toBeGreaterThan(flips / 2);
  },
);
