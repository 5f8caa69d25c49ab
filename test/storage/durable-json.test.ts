import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BoundedLog } from '../../storage/bounded-log.ts';
import { readJson, writeJson } from '../../storage/durable-json.ts';
import { makeProgram, needTrace, withFault } from './faults.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-'));
  path = join(folder, 'settings.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const anyObject = (raw: unknown): object => {
  if (typeof raw !== 'object' || raw === null) throw new Error('not an object');
  return raw;
};

test('a value is read back, belongs to this user only, and leaves nothing beside it', async () => {
  await writeJson(path, { a: [1, 'zwei'] });
  await writeJson(path, { a: [2] });
  expect(await readJson(path, anyObject)).toEqual({ state: 'read', value: { a: [2] } });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['settings.json']);
});

test('an absent file is absent, also under a folder that is a file', async () => {
  expect(await readJson(path, anyObject)).toEqual({ state: 'absent' });
  await writeFile(path, '{}');
  expect(await readJson(join(path, 'x'), anyObject)).toEqual({ state: 'absent' });
});

test.each(['', '{"a":', '[1] x', 'null', '\0\0\0'])(
  'F12: bad content %j is set aside, never deleted',
  async (bad) => {
    for (const expected of ['settings.json.bad-1', 'settings.json.bad-2']) {
      await writeFile(path, bad);
      expect(await readJson(path, anyObject)).toMatchObject({
        state: 'bad',
        setAside: join(folder, expected),
      });
      expect(await readFile(join(folder, expected), 'utf8')).toBe(bad);
      expect(await readJson(path, anyObject)).toEqual({ state: 'absent' });
    }
  },
);

test('a pipe under the name neither hangs nor is taken for a file', async () => {
  execFileSync('mkfifo', [path]);
  expect(await readJson(path, anyObject)).toMatchObject({ state: 'bad' });
});

test('a folder under the name fails the write and stays', async () => {
  await mkdir(join(path, 'inside'), { recursive: true });
  await expect(writeJson(path, {})).rejects.toMatchObject({ code: 'output-unwritable' });
  expect(await readdir(folder)).toEqual(['settings.json']);
});

test('F13, L7: a log stays within twice its limit and ends in the last line', async () => {
  const log = new BoundedLog(join(folder, 'engine.log'), 1000);
  for (let n = 0; n < 500; n++) log.write(`line ${n}`);
  log.write('x'.repeat(100_000));
  log.write('the\nend');
  log.close();
  const files = await readdir(folder);
  expect(files.sort()).toEqual(['engine.log', 'engine.log.1']);
  expect((await stat(join(folder, 'engine.log'))).size).toBeLessThan(9000);
  expect(await readFile(join(folder, 'engine.log'), 'utf8')).toMatch(/the end\n$/);
});

test('F13: a log that cannot be written is no error', () => {
  const log = new BoundedLog(join(folder, 'gone', 'engine.log'));
  expect(() => log.write('line')).not.toThrow();
});

test('F2: killed at each step a settings file is the old one or the new one, whole', async (context) => {
  await needTrace(context);
  const lines = `import { writeJson } from './durable-json.mjs';
    await writeJson(process.argv[2], { version: 'new', more: 'x'.repeat(100_000) });`;
  const program = await makeProgram(join(folder, 'program'), 'durable-json', lines);
  let killed = 0;
  for (const calls of ['write,pwrite64', 'fsync,fdatasync', 'rename,renameat,renameat2']) {
    for (let when = 1; ; when++) {
      await writeJson(path, { version: 'old' });
      const { status } = await withFault(calls, `signal=SIGKILL:when=${when}`, program, path);
      const found = await readJson(path, anyObject);
      expect(found).toMatchObject({
        state: 'read',
        value: { version: expect.stringMatching(/^(old|new)$/) as string },
      });
      if (status === 0) break;
      killed++;
    }
  }
  expect(killed).toBeGreaterThanOrEqual(4);
});

test('F12: a log is not written through a link, nor into a pipe that nobody reads', async () => {
  const log = join(folder, 'app.log');
  await writeFile(path, 'a picture');
  await symlink(path, log);
  new BoundedLog(log).write('line');
  expect(await readFile(path, 'utf8')).toBe('a picture');
  await rm(log);
  execFileSync('mkfifo', [log]);
  new BoundedLog(log).write('line');
});

test('F12: a folder in the place of a file is set aside like one', async () => {
  await mkdir(join(path, 'with something in it'), { recursive: true });
  expect(await readJson(path, anyObject)).toMatchObject({ state: 'bad', setAside: `${path}.bad-1` });
  expect(await readdir(`${path}.bad-1`)).toEqual(['with something in it']);
});
