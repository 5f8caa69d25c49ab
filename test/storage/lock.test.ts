import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock } from '../../storage/lock.ts';
import { processStart } from '../../storage/process-identity.ts';
import { makeProgram, needTrace, withFault } from './faults.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a held lock is busy until it is released', async () => {
  const first = await acquireLock(path);
  expect(first.state).toBe('held');
  expect(await acquireLock(path)).toEqual({ state: 'busy', pid: process.pid });
  if (first.state === 'held') await first.lock.release();
  expect(await readdir(folder)).toEqual([]);
  expect((await acquireLock(path)).state).toBe('held');
});

test('P18: of many at the same moment exactly one gets it, also when a dead one left it', async () => {
  await writeFile(path, JSON.stringify({ pid: 2 ** 30, started: null, nonce: 'dead' }));
  const attempts = await Promise.all(Array.from({ length: 20 }, () => acquireLock(path)));
  expect(attempts.filter(({ state }) => state === 'held')).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['lock']);
});

test('F5: a lock is taken over when its process is gone, not while it lives', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const pid = child.pid ?? 0;
  await writeFile(path, JSON.stringify({ pid, started: await processStart(pid), nonce: 'child' }));
  expect(await acquireLock(path)).toEqual({ state: 'busy', pid });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await acquireLock(path)).state).toBe('held');
});

test('a process that got the number of a dead one does not keep its lock', async (context) => {
  if ((await processStart(process.pid)) === null) context.skip('this system tells no start times');
  await writeFile(path, JSON.stringify({ pid: process.pid, started: 'another boot 1', nonce: 'old' }));
  expect((await acquireLock(path)).state).toBe('held');
});

test('P18: a lock that is just being written, where a disk knows no hard links, is not taken for nobody’s', async () => {
  await writeFile(path, '');
  const attempt = acquireLock(path);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const owner = { pid: process.pid, started: await processStart(process.pid), nonce: 'other' };
  await writeFile(path, JSON.stringify(owner));
  expect(await attempt).toEqual({ state: 'busy', pid: process.pid });
});

test('P18: who found a dead one’s lock, and comes to remove it when another has taken it over, leaves that one’s alone', async (context) => {
  await needTrace(context);
  const lines = `import { acquireLock } from './lock.mjs';
    process.exitCode = (await acquireLock(process.argv[2])).state === 'held' ? 7 : 3;`;
  const program = await makeProgram(join(folder, 'program'), 'lock', lines);
  await writeFile(path, JSON.stringify({ pid: 2 ** 30, started: null, nonce: 'dead' }));
  // It has looked, and is held up before it makes the folder that lets it remove the file.
  const late = withFault('mkdir,mkdirat', 'delay_enter=4000000', program, path);
  const hasLooked = async () => (await readdir(folder)).some((name) => name.endsWith('.tmp'));
  while (!(await hasLooked())) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect((await acquireLock(path)).state).toBe('held');
  expect((await late).status).toBe(3);
  expect(await acquireLock(path)).toEqual({ state: 'busy', pid: process.pid });
});

test.each([
  ['before now', -60],
  ['after now, by a clock that was set back since', 24 * 3600],
])('F8: who was killed while taking over a dead one’s lock %s keeps nobody from it', async (_, seconds) => {
  await writeFile(path, JSON.stringify({ pid: 2 ** 30, started: null, nonce: 'dead' }));
  await mkdir(`${path}.takeover`);
  const when = Date.now() / 1000 + seconds;
  await utimes(`${path}.takeover`, when, when);
  expect((await acquireLock(path)).state).toBe('held');
});

test('a torn lock is nobody’s', async () => {
  await writeFile(path, '{"pid":');
  expect((await acquireLock(path)).state).toBe('held');
});

test.each(['pipe', 'folder', 'endless', 'dead link'])(
  'F12: a %s under its name keeps nobody waiting',
  async (kind) => {
    if (kind === 'pipe') execFileSync('mkfifo', [path]);
    else if (kind === 'folder') await mkdir(join(path, 'with something in it'), { recursive: true });
    else await symlink(kind === 'endless' ? '/dev/zero' : join(folder, 'nothing'), path);
    expect((await acquireLock(path)).state).toBe('held');
  },
);
