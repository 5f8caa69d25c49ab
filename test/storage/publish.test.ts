import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import { failureOf } from '../../contract/errors.ts';
import { longestName, shortenToBytes } from '../../storage/file-names.ts';
import { removeUnrecorded } from '../../storage/intents.ts';
import { removeLeftovers } from '../../storage/leftovers.ts';
import { publishFile, type PublishRequest } from '../../storage/publish.ts';
import { makeProgram, needTrace, withFault } from './faults.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'publish-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const request = (more: Partial<PublishRequest> = {}): PublishRequest => ({
  folder,
  stem: 'photo_denoised',
  extension: 'png',
  bytes: Buffer.from('new content'),
  jobId: 'job-1',
  onConflict: 'rename',
  ...more,
});

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => failureOf(error).code,
  );

test('a finished file has its bytes, its times and its mode, and nothing else is left', async () => {
  const times = { accessedMs: Date.UTC(2001, 1, 2), modifiedMs: Date.UTC(2002, 2, 3, 4, 5, 6, 789) };
  const published = await publishFile(request({ times, mode: 0o640 }));
  const path = join(folder, 'photo_denoised.png');
  expect(published).toEqual({ path, renamedFrom: null, timesKept: true });
  expect(await readFile(path, 'utf8')).toBe('new content');
  const found = await stat(path);
  expect(Math.round(found.mtimeMs)).toBe(times.modifiedMs);
  expect(found.mode & 0o777).toBe(0o640);
  expect(await readdir(folder)).toEqual(['photo_denoised.png']);
});

test('P12: rename takes the next free number and says what was wanted', async () => {
  await publishFile(request());
  await publishFile(request());
  const third = await publishFile(request({ bytes: Buffer.from('third') }));
  expect(third).toMatchObject({
    path: join(folder, 'photo_denoised (3).png'),
    renamedFrom: 'photo_denoised.png',
  });
  expect(await readFile(join(folder, 'photo_denoised.png'), 'utf8')).toBe('new content');
});

test('P12: skip keeps what is there and does not write at all', async () => {
  const path = join(folder, 'photo_denoised.png');
  await writeFile(path, 'old');
  expect(await publishFile(request({ onConflict: 'skip' }))).toEqual({ kept: path });
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toHaveLength(1);
});

test('P12: overwrite replaces a file, but a link of that name is replaced itself and its target kept', async () => {
  const target = join(folder, 'target');
  await writeFile(target, 'precious');
  await symlink(target, join(folder, 'photo_denoised.png'));
  await publishFile(request({ onConflict: 'overwrite' }));
  expect(await readFile(target, 'utf8')).toBe('precious');
  expect((await lstat(join(folder, 'photo_denoised.png'))).isSymbolicLink()).toBe(false);
});

test.each(['same path', 'hard link', 'symbolic link'])(
  'P5: overwrite never replaces the source: %s',
  async (how) => {
    const source = join(folder, how === 'same path' ? 'photo_denoised.png' : 'source.png');
    await writeFile(source, 'source');
    const output = join(folder, 'photo_denoised.png');
    if (how === 'hard link') await link(source, output);
    if (how === 'symbolic link') await symlink(source, output);
    expect(await codeOf(publishFile(request({ onConflict: 'overwrite', source })))).toBe('output-is-input');
    expect(await readFile(source, 'utf8')).toBe('source');
  },
);

test('a dangling link of the wanted name is not written through', async () => {
  await symlink(join(folder, 'elsewhere'), join(folder, 'photo_denoised.png'));
  const published = await publishFile(request());
  expect(published).toMatchObject({ path: join(folder, 'photo_denoised (2).png') });
  expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
});

test('what does not read back is not published', async () => {
  const verify = () => Promise.reject(new Error('wrong size'));
  expect(await codeOf(publishFile(request({ verify })))).toBe('output-not-verified');
  expect(await readdir(folder)).toEqual([]);
});

test('what is stopped is not published', async () => {
  const stop = new AbortController();
  const verify = () => Promise.resolve(stop.abort());
  expect(await codeOf(publishFile(request({ verify, signal: stop.signal })))).toBe('cancelled');
  expect(await readdir(folder)).toEqual([]);
});

test('P7: a folder that is gone or is a file is named as the reason', async () => {
  expect(await codeOf(publishFile(request({ folder: join(folder, 'gone') })))).toBe('output-folder-unusable');
  await writeFile(join(folder, 'file'), '');
  expect(await codeOf(publishFile(request({ folder: join(folder, 'file') })))).toBe('output-folder-unusable');
  await mkdir(join(folder, 'photo_denoised.png'));
  expect(await codeOf(publishFile(request({ onConflict: 'overwrite' })))).toBe('output-unwritable');
  expect((await readdir(folder)).sort()).toEqual(['file', 'photo_denoised.png']);
});

test('P18: twenty at the same moment under one name all get a name of their own', async () => {
  const all = Array.from({ length: 20 }, (_, index) => request({ bytes: Buffer.from(`picture ${index}`) }));
  const published = await Promise.all(all.map(publishFile));
  expect(new Set(published.map((one) => ('path' in one ? one.path : one.kept))).size).toBe(20);
  expect(await readdir(folder)).toHaveLength(20);
});

test('names of any length fit, end in the extension and break no character', async () => {
  const property = fc.asyncProperty(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }).filter((stem) => !/[/\0]/.test(stem)),
    async (stem) => {
      const first = await publishFile(request({ stem }));
      const second = await publishFile(request({ stem }));
      for (const one of [first, second]) {
        const name = 'path' in one ? one.path.slice(folder.length + 1) : '';
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(longestName);
        expect(name.endsWith('.png')).toBe(true);
        expect(name).not.toContain('\ufffd');
      }
      expect(second).toHaveProperty('renamedFrom', expect.any(String));
      await rm(folder, { recursive: true });
      await mkdir(folder);
    },
  );
  await fc.assert(property, { numRuns: 40 });
});

test('shortening is exact for text that fits and never adds bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(80), (anything, bytes) => {
      const text = Buffer.from(anything).toString(); // lone surrogates become U+FFFD
      const short = shortenToBytes(text, bytes);
      expect(text.startsWith(short)).toBe(true);
      expect(Buffer.byteLength(short)).toBeLessThanOrEqual(bytes);
    }),
  );
});

test('leftovers of this job go, those of others and whole pictures stay', async () => {
  const stays = ['.photo.job-12-0a1b2c3d.part', '.photo.job-1.part', 'photo.png', 'job-1-0a1b2c3d.part'];
  const goes = ['.photo.job-1-0a1b2c3d.part', '.two\nlines.job-1-ffffffff.part'];
  for (const name of [...stays, ...goes]) await writeFile(join(folder, name), '');
  await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff])]), '');
  expect(await removeLeftovers(folder, 'job-1')).toBe(goes.length);
  const left = await readdir(folder, { encoding: 'buffer' });
  expect(left.map((name) => name.toString('latin1')).sort()).toEqual([...stays, 'f\u00ff'].sort());
  expect(await removeLeftovers(join(folder, 'gone'), 'job-1')).toBe(0);
});

test('only finished files that nobody noted, and nobody touched since, are taken back', async () => {
  const intents = join(folder, 'intents.jsonl');
  const publish = async (stem: string) => {
    const one = await publishFile(request({ stem, intents }));
    return 'path' in one ? one.path : '';
  };
  const noted = await publish('noted');
  const forgotten = await publish('forgotten');
  const edited = await publish('edited');
  await writeFile(edited, 'by hand');
  const replaced = await publish('replaced');
  await rm(replaced);
  await writeFile(replaced, 'new content');
  expect(await removeUnrecorded(intents, new Set([noted]))).toEqual([forgotten]);
  expect((await readdir(folder)).sort()).toEqual(
    ['edited.png', 'intents.jsonl', 'noted.png', 'replaced.png'].sort(),
  );
});

const publisher = `import { publishFile } from './publish.mjs';
  const [folder, onConflict] = process.argv.slice(2);
  await publishFile({ folder, stem: 'picture', extension: 'png', bytes: Buffer.alloc(300_000, 7),
    jobId: 'job-1', onConflict, intents: folder + '/../intents.jsonl' })
    .catch((error) => { console.error(error.code); process.exitCode = 3; });`;

describe('as a program of its own', () => {
  let programs: string;
  let program: string;
  let out: string;
  const whole = Buffer.alloc(300_000, 7);

  beforeAll(async () => {
    programs = await mkdtemp(join(tmpdir(), 'publisher-'));
    program = await makeProgram(programs, 'publish', publisher);
  });
  afterAll(() => rm(programs, { recursive: true, force: true }));
  beforeEach(async () => {
    out = join(folder, 'out');
    await mkdir(out);
  });

  for (const [rule, calls] of [
    ['overwrite', 'write,pwrite64'],
    ['overwrite', 'fsync,fdatasync'],
    ['overwrite', 'rename,renameat,renameat2'],
    ['rename', 'fsync,fdatasync'],
    ['rename', 'link,linkat'],
    ['rename', 'unlink,unlinkat'],
  ] as const) {
    const title = `F1: killed at each ${calls} (${rule}), the final name holds the old file or the new one`;
    test(title, async (context) => {
      await needTrace(context);
      const output = join(out, 'picture.png');
      let killed = 0;
      for (let when = 1; ; when++) {
        await rm(output, { force: true });
        if (rule === 'overwrite') await writeFile(output, 'old');
        const { status } = await withFault(calls, `signal=SIGKILL:when=${when}`, program, out, rule);
        const now = await readFile(output).catch(() => null);
        if (now === null) expect(rule).toBe('rename');
        else expect(now.equals(whole) || (rule === 'overwrite' && now.toString() === 'old')).toBe(true);
        await removeLeftovers(out, 'job-1');
        expect(await readdir(out)).toEqual(now ? ['picture.png'] : []);
        if (status === 0) break;
        expect(status).toBe(137);
        killed++;
      }
      expect(killed).toBeGreaterThan(0);
    });
  }

  test('F1: killed after the final name was taken, the file is known again and taken back', async (context) => {
    await needTrace(context);
    const { status } = await withFault('unlink,unlinkat', 'signal=SIGKILL:when=1', program, out, 'rename');
    expect(status).toBe(137);
    const output = join(out, 'picture.png');
    expect(existsSync(output)).toBe(true);
    await removeLeftovers(out, 'job-1');
    expect(await removeUnrecorded(join(folder, 'intents.jsonl'), new Set())).toEqual([output]);
    expect(await readdir(out)).toEqual([]);
  });

  test('P17: where there are no hard links the file arrives all the same and replaces nothing', async (context) => {
    await needTrace(context);
    await writeFile(join(out, 'picture.png'), 'old');
    const { status } = await withFault('link,linkat', 'error=EPERM', program, out, 'rename');
    expect(status).toBe(0);
    expect(await readFile(join(out, 'picture.png'), 'utf8')).toBe('old');
    expect((await readFile(join(out, 'picture (2).png'))).equals(whole)).toBe(true);
    expect(await readdir(out)).toHaveLength(2);
  });

  test.for([
    ['the disk fails at the flush', 'fsync', 'error=EIO:when=1+', 'output-unwritable'],
    ['the folder cannot be flushed', 'fsync', 'error=EIO:when=2+', 'output-unwritable'],
    ['the disk is full', 'link,linkat', 'error=ENOSPC', 'disk-full'],
  ] as const)('F9: when %s nothing is called done', async ([, calls, fault, code], context) => {
    await needTrace(context);
    const { status, stderr } = await withFault(calls, fault, program, out, 'rename');
    expect([status, stderr.trim()]).toEqual([3, code]);
    expect(await readdir(out)).toEqual([]);
  });
});

function tmpfs(context: TestContext, size: string): string {
  const place = join(folder, 'small-disk');
  try {
    execFileSync('mkdir', [place]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place], { stdio: 'ignore' });
  } catch {
    context.skip('a small disk cannot be mounted here');
  }
  return place;
}

test('P8: on a full disk the older file of that name stays whole and no temporary file is left', async (context) => {
  const disk = tmpfs(context, '1m');
  try {
    await writeFile(join(disk, 'photo_denoised.png'), 'old');
    const big = request({ folder: disk, bytes: Buffer.alloc(2_000_000), onConflict: 'overwrite' });
    expect(await codeOf(publishFile(big))).toBe('disk-full');
    expect(await readFile(join(disk, 'photo_denoised.png'), 'utf8')).toBe('old');
    expect(await readdir(disk)).toEqual(['photo_denoised.png']);
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('P8: what cannot be noted before publishing is told of the place of the notes', async () => {
  const intents = join(folder, 'absent', 'intents.jsonl');
  const thrown: unknown = await publishFile(request({ intents })).catch((error: unknown) => error);
  expect(failureOf(thrown).details).toMatchObject({ folder: join(folder, 'absent') });
  expect(await readdir(folder)).toEqual([]);
});

test('F12: notes are not written through a link into another file, nor into a pipe that nobody reads', async () => {
  const [picture, intents] = [join(folder, 'picture.png'), join(folder, 'intents.jsonl')];
  await writeFile(picture, 'a picture');
  await symlink(picture, intents);
  expect(await codeOf(publishFile(request({ intents })))).toBe('output-unwritable');
  expect(await readFile(picture, 'utf8')).toBe('a picture');
  await rm(intents);
  execFileSync('mkfifo', [intents]);
  expect(await codeOf(publishFile(request({ intents })))).toBe('output-unwritable');
});
