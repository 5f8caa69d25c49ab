import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from '../../storage/make-folder.ts';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'unspeckle-folder-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('all missing levels are made, with the permissions asked for', async () => {
  await makeFolder(join(home, 'a', 'b', 'c'), 0o700);
  expect(statSync(join(home, 'a', 'b', 'c')).mode & 0o777).toBe(0o700);
  expect(statSync(join(home, 'a')).mode & 0o777).toBe(0o700);
});

test('a folder that is there is left alone, also behind a link, also when two make it at once', async () => {
  const folder = join(home, 'x', 'y');
  await Promise.all([makeFolder(folder), makeFolder(folder)]);
  symlinkSync(join(home, 'x'), join(home, 'link'));
  await makeFolder(join(home, 'link', 'y', 'z'));
  expect(existsSync(join(folder, 'z'))).toBe(true);
});

test('a file in the way is an error, at the place itself and above it', async () => {
  writeFileSync(join(home, 'file'), '');
  await expect(makeFolder(join(home, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(home, 'file', 'below', 'it'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('a place where nothing can be made ends in an error, not in an endless search', async (context) => {
  if (process.platform !== 'linux') context.skip('only Linux has /proc');
  await expect(makeFolder('/proc/unspeckle/test')).rejects.toMatchObject({ code: 'ENOENT' });
});
