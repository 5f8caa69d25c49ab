import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Journal, readJournal } from '../../storage/journal.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(folder, 'journal.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(...records: unknown[]): Promise<void> {
  const journal = await Journal.open(path);
  await Promise.all(records.map((record) => journal.append(record)));
  await journal.close();
}

test('what was appended is read back in order, across openings', async () => {
  await write({ a: 1 }, { text: 'two\nlines' });
  await write([3]);
  expect(await readJournal(path)).toEqual({
    records: [{ a: 1 }, { text: 'two\nlines' }, [3]],
    unreadable: 0,
  });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a journal that was never begun is empty', async () => {
  expect(await readJournal(path)).toEqual({ records: [], unreadable: 0 });
});

test('F2: cut off at any byte, all whole lines are read and a later line does not join the torn one', async () => {
  const records = [{ a: 'é' }, { b: [1, 2] }, { c: { d: null } }];
  await write(...records);
  const whole = await readFile(path);
  for (let length = 0; length <= whole.length; length++) {
    await writeFile(path, whole);
    await truncate(path, length);
    const before = (await readJournal(path)).records;
    expect(records.slice(0, before.length)).toEqual(before);
    await write({ after: true });
    // Where only the line break was missing, the line is whole.
    expect((await readJournal(path)).records).toEqual([...before, { after: true }]);
  }
});

test('F12: bytes that are no text, in any line, spoil that line only', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (noise) => {
      await rm(path, { force: true });
      await write({ first: 1 });
      await appendFile(path, Buffer.concat([Buffer.from(noise), Buffer.from('\n')]));
      await write({ last: 1 });
      const { records } = await readJournal(path);
      expect(records[0]).toEqual({ first: 1 });
      expect(records.at(-1)).toEqual({ last: 1 });
    }),
    { numRuns: 30 },
  );
});

test.each(['pipe', 'folder', 'link'])(
  'F12: a %s of its name is put aside, not waited for, not written through',
  async (kind) => {
    const picture = join(folder, 'picture.png');
    await writeFile(picture, 'a picture');
    if (kind === 'pipe') execFileSync('mkfifo', [path]);
    else if (kind === 'folder') await mkdir(path);
    else await symlink(picture, path);
    expect(await readJournal(path)).toEqual({ records: [], unreadable: 0 });
    await write({ a: 1 });
    expect((await readJournal(path)).records).toEqual([{ a: 1 }]);
    expect(await readFile(picture, 'utf8')).toBe('a picture');
    expect(await readdir(folder)).toContain('journal.jsonl.bad-1');
  },
);
