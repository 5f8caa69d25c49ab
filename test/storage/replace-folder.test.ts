import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { prepareFolder, replaceFolder, restoreFolder } from '../../storage/replace-folder.ts';
import { makeProgram, needTrace, withFault } from './faults.ts';

let programs: string;
let program: string;
let place: string;
let model: string;

const lines = `import { prepareFolder, replaceFolder, restoreFolder } from './replace-folder.mjs';
  import { writeFile } from 'node:fs/promises';
  const [folder, how] = process.argv.slice(2);
  const work = how === 'prepare' ? prepareFolder(folder)
    : replaceFolder(folder, (part) => writeFile(part + '/weights', 'new'));
  await work.catch((error) => { console.error(error.code); process.exitCode = 3; });`;

beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), 'replacer-'));
  program = await makeProgram(programs, 'replace-folder', lines);
});
afterAll(() => rm(programs, { recursive: true, force: true }));
beforeEach(async () => {
  place = await mkdtemp(join(programs, 'place-'));
  model = join(place, 'mine');
});

async function write(name: string, weights: string): Promise<void> {
  await mkdir(join(place, name));
  await writeFile(join(place, name, 'weights'), weights);
}

const weights = (name = 'mine') => readFile(join(place, name, 'weights'), 'utf8').catch(() => null);

const fill = (part: string) => writeFile(join(part, 'weights'), 'new');

test('a folder is made, and one of that name replaced, with nothing beside it', async () => {
  await replaceFolder(model, fill);
  expect(await weights()).toBe('new');
  await replaceFolder(model, (part) => writeFile(join(part, 'weights'), 'newer'));
  expect([await weights(), await readdir(place)]).toEqual(['newer', ['mine']]);
});

test('what cannot be filled leaves the earlier one', async () => {
  await write('mine', 'old');
  await expect(replaceFolder(model, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect([await weights(), await readdir(place)]).toEqual(['old', ['mine']]);
});

test('F2: killed before the new one had the name, the earlier one has it back, for who looks and who replaces', async () => {
  await write('.mine.old', 'old');
  await write('.mine.part', 'half');
  await restoreFolder(model);
  expect(await weights()).toBe('old');
  await prepareFolder(model);
  expect([await weights(), await readdir(place)]).toEqual(['old', ['mine']]);
  await rm(model, { recursive: true });
  await write('.mine.old', 'old');
  await replaceFolder(model, fill);
  expect([await weights(), await readdir(place)]).toEqual(['new', ['mine']]);
});

test('F2: killed when the new one had the name, the new one stays', async () => {
  await write('mine', 'new');
  await write('.mine.old', 'old');
  await restoreFolder(model);
  await prepareFolder(model);
  expect([await weights(), await readdir(place)]).toEqual(['new', ['mine']]);
});

test('an earlier one that somebody puts back in the middle hinders nobody', async () => {
  await write('mine', 'old');
  let over = false;
  const putting = (async () => {
    while (!over) await restoreFolder(model).catch(() => {});
  })();
  for (let round = 0; round < 50; round++) await replaceFolder(model, fill);
  over = true;
  await putting;
  expect(await weights()).toBe('new');
});

const renames = 'rename,renameat,renameat2';

describe('F9: a system that refuses to rename, as Windows does while somebody has a file of it open', () => {
  test.for([1, 2])('at the rename number %i: the earlier one stays under its name', async (when, context) => {
    await needTrace(context);
    await write('mine', 'old');
    const { status } = await withFault(renames, `error=EBUSY:when=${when}`, program, model);
    expect(status).toBe(3);
    expect([await weights(), await readdir(place)]).toEqual(['old', ['mine']]);
  });

  test('while an earlier one is to get its name back: it is not removed', async (context) => {
    await needTrace(context);
    await write('.mine.old', 'old');
    for (const how of ['prepare', 'replace']) {
      const { status } = await withFault(renames, 'error=EBUSY', program, model, how);
      expect([how, status, await weights('.mine.old')]).toEqual([how, 3, 'old']);
    }
  });
});
