import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  readFile,
  rm,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { filesIn, type Ended, type Workspace } from '../cli/built-cli.ts';
import { batchLine, checkLines } from '../cli/json-schemas.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { Invariants, lineOf } from './invariants.ts';
import {
  brokenNames,
  oddNames,
  writeDeep,
  writeLinks,
  writeNoFiles,
  writeOddNames,
  writeSparse,
  writeTwins,
} from './odd-tree.ts';
import { clean, asNobody, mountDisk, ownHome, remount, useProduct } from './product.ts';

// Each starts several processes, on machines that may be busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const product = useProduct();
let at: Workspace;
beforeEach(() => {
  at = product();
});

async function writePictures(count: number, width = 60, height = 40): Promise<void> {
  for (let seed = 0; seed < count; seed++) {
    await writeNoisy(join(at.pictures, `p${seed}.png`), { width, height, seed });
  }
}

test('P1, P2, P3, P4, P14, P15, P16: a tree with every odd thing in it is worked through, and each thing is accounted for', async (context) => {
  if (process.platform !== 'linux') context.skip('makes pipes, devices and names that only Linux has');
  const inPictures = (...parts: string[]) => join(at.pictures, ...parts);
  await writeNoisy(join(at.folder, 'elsewhere', 'outside.png'), { width: 12, height: 10 });
  await writeOddNames(inPictures('names'));
  const noFiles = await writeNoFiles(inPictures('no-files'));
  const links = await writeLinks(inPictures('links'), join(at.folder, 'elsewhere', 'outside.png'));
  const sparse = await writeSparse(inPictures('sparse'));
  const deep = await writeDeep(inPictures('deep'));
  const twins = await writeTwins(inPictures('twins'));
  const before = await Invariants.of(at);

  const began = performance.now();
  const ended = await at.run(['clean', '--out', 'out', '--json', '--noise-factor', '0.1', '--', 'pictures']);
  const seconds = (performance.now() - began) / 1000;
  checkLines(batchLine, ended.json());
  const codeOf = (...parts: string[]) => lineOf(ended, inPictures(...parts))?.['code'];
  const isDone = (...parts: string[]) => lineOf(ended, inPictures(...parts))?.['type'] === 'done';

  // P1: each name, the app's own template tokens among them, and what it is called in the end.
  expect(oddNames.length + brokenNames.length).toBeGreaterThanOrEqual(59);
  expect(oddNames.filter((name) => !isDone('names', `${name}.png`))).toEqual([]);
  const results = await filesIn(join(at.out, 'names'));
  expect(results).toHaveLength(oddNames.length + 1);
  for (const name of results) {
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(name).toMatch(/_denoised( \(\d+\))?\.png$/);
  }
  expect(ended.stdout).not.toMatch(/[^\P{Cc}\n]|\u202e|\ufeff/u);

  // P2: what is no text cannot be opened by its text, and is told by what can be shown of it.
  const unreadable = ended.json().filter(({ code }) => code === 'name-unreadable');
  expect(unreadable).toHaveLength(brokenNames.length);

  // P3, P4: nothing was waited for, and nothing read that is no file or lies elsewhere.
  for (const name of noFiles) expect(codeOf('no-files', name), name).toBe('not-a-regular-file');
  const told = Object.fromEntries(links.map((name) => [name, codeOf('links', name)]));
  expect(told).toEqual({
    'dangling.png': 'not-a-regular-file',
    'self.png': 'not-a-regular-file',
    'inner/up': 'folder-loop',
    'zero.png': 'outside-folder',
    'memory.png': 'outside-folder',
    'outside.png': 'outside-folder',
    root: 'outside-folder',
  });
  expect(isDone('links', 'inner', 'real.png')).toBe(true);

  // P14: refused by its size; nothing of 25 GB was read.
  for (const name of sparse) expect(codeOf('sparse', name), name).toBe('image-too-large');

  // P15: 25 folders down is nothing special; beyond what a path may be long is told.
  expect(lineOf(ended, deep)?.['type']).toBe('done');
  const tooLong = ended.json().filter(({ source }) => String(source).startsWith(inPictures('deep', 'long')));
  expect(tooLong).toHaveLength(1);
  expect(tooLong[0]?.['code']).toMatch(/^(path|input)-unreadable$/);

  // P16: two files are two files, whatever weak sum they share.
  const md5 = twins.map((bytes) => createHash('md5').update(bytes).digest('hex'));
  expect(md5[0]).toBe(md5[1]);
  for (const index of [0, 1]) expect(codeOf('twins', `twin-${index}.png`)).toMatch(/^(image|format|not-a-picture)/);

  await before.hold(ended, { code: 3 });
  const summary = ended.json().at(-1) ?? {};
  expect(summary).toMatchObject({ pending: 0 });
  expect(Number(summary['done'])).toBe(oddNames.length + 3);
  console.log(`odd tree: ${seconds.toFixed(1)} s`);
}); // prettier-ignore

test('P5: one file by path, link, hard link and through a linked folder is cleaned once, and never written to', async () => {
  await writeNoisy(join(at.pictures, 'a.png'));
  execFileSync('ln', [join(at.pictures, 'a.png'), join(at.pictures, 'hard.png')]);
  execFileSync('ln', ['-s', 'a.png', join(at.pictures, 'soft.png')]);
  execFileSync('ln', ['-s', 'pictures', join(at.folder, 'linked')]);
  const before = await Invariants.of(at);
  const inputs = ['pictures/a.png', 'pictures', 'linked', 'linked/soft.png', 'pictures/../pictures/hard.png'];
  // Every result is to have the name of a source: `--on-conflict overwrite` must not help.
  const ended = await at.run(['clean', ...inputs, '--json', '--noise-factor', '0.1', '--out', 'out']);
  expect(ended.json().filter(({ type }) => type === 'done')).toHaveLength(1);
  await before.hold(ended, { code: 0 });
  const onto = ['clean', ...inputs, '--json', '--name', '{name}', '--on-conflict', 'overwrite'];
  const refused = await at.run(onto);
  expect(refused.json().filter(({ code }) => code === 'output-is-input')).not.toEqual([]);
  expect(refused.json().filter(({ type }) => type === 'done')).toEqual([]);
  await before.hold(refused, { code: 1 });
});

test('P6: as somebody who may not read everything, the rest is cleaned and what was locked is listed', async (context) => {
  const nobody = asNobody(context);
  await writePictures(2);
  await writeNoisy(join(at.pictures, 'secret.png'));
  await writeNoisy(join(at.pictures, 'locked', 'inside.png'));
  await chmod(join(at.pictures, 'secret.png'), 0o000);
  await chmod(join(at.pictures, 'locked'), 0o700);
  const home = await ownHome(at.folder);
  await mkdir(at.out);
  await chmod(at.folder, 0o755);
  for (const path of [at.out, home, join(home, 'cache'), join(at.folder, 'tmp')])
    await chown(path, 65534, 65534);
  const before = await Invariants.of(at, ['own-home']);
  const ended = await at.run(clean, { under: nobody, env: { UNSPECKLE_HOME: home } });
  expect(lineOf(ended, join(at.pictures, 'secret.png'))?.['code']).toBe('permission-denied');
  expect(lineOf(ended, join(at.pictures, 'locked'))?.['code']).toBe('permission-denied');
  await before.hold(ended, { code: 3, found: 4 });
});

describe('an output folder', () => {
  test('P7: that cannot be used is one clear stop before any work; one that vanishes ends the batch', async (context) => {
    await writePictures(16, 300, 200);
    await writeFile(join(at.folder, 'a-file'), '');
    await mountDisk(context, join(at.folder, 'read-only'), 'ro');
    const before = await Invariants.of(at);
    for (const out of ['a-file', 'a-file/below', 'read-only', 'read-only/below', '/proc/unspeckle']) {
      const ended = await at.run(['clean', 'pictures', '--out', out, '--json']);
      const last = ended.json().at(-1) ?? {};
      expect([out, last['code']]).toEqual([
        out,
        expect.stringMatching(/^(output-folder-unusable|argument-invalid|permission-denied)$/),
      ]);
      expect(String(last['message'])).toContain(out);
      expect(ended.json().filter(({ type }) => type === 'started')).toEqual([]);
      await before.hold(ended, { code: 1 });
    }
    const running = at.start(clean);
    await running.seen('done', 1);
    // A file that is being written may come in between.
    await rm(at.out, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 });
    const vanished = await running.ended;
    const summary = vanished.json().at(-1) ?? {};
    // What was done before is gone with the folder; nothing was made in its place.
    expect([summary['endedBy'], existsSync(at.out)]).toEqual(['output-folder-unusable', false]);
    expect(Number(summary['pending'])).toBeGreaterThan(0);
    expect(vanished.code).toBe(3);
  });

  test('P8: a full disk stops the batch, older files of those names stay whole, and with room it goes on', async (context) => {
    // Noise does not pack: about 300 kB each.
    await writePictures(6, 400, 300);
    await mountDisk(context, at.out, 'size=1m');
    await writeFile(join(at.out, 'p4_denoised.png'), 'old');
    const before = await Invariants.of(at);
    const full = [...clean, '--on-conflict', 'overwrite', '--strength', '0', '--metadata', 'none'];
    const ended = await at.run(full);
    const summary = ended.json().at(-1) ?? {};
    expect([ended.code, summary['endedBy']]).toEqual([3, 'disk-full']);
    expect(ended.stderr + ended.stdout).toMatch(/full/);
    expect(Number(summary['done'])).toBeGreaterThan(0);
    expect(Number(summary['pending'])).toBeGreaterThan(0);
    expect((await filesIn(at.out)).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(await readFile(join(at.out, 'p4_denoised.png'), 'utf8')).toBe('old');
    remount(at.out, 'size=8m');
    const resumed = await at.run([...full, '--resume']);
    expect(resumed.json().at(-1)).toMatchObject({ failed: 0, pending: 0 });
    expect(await filesIn(at.out)).toEqual(Array.from({ length: 6 }, (_, n) => `p${n}_denoised.png`));
    for (const name of await filesIn(at.out))
      expect((await sharp(join(at.out, name)).stats()).isOpaque).toBe(true);
    await before.hold(resumed, { code: 0 });
  });

  test('P9, P10, P11: in the input folder or around it, results of many names of one stem stay apart, and are never inputs', async () => {
    const names = ['photo.jpg', 'photo.png', 'photo2/photo.png', 'A.png', 'caf\u00e9.png', 'cafe\u0301.png', 'one/img.png', 'two/img.png']; // prettier-ignore
    for (const [seed, name] of names.entries())
      await writeNoisy(join(at.pictures, name), { seed, width: 20, height: 16 });
    await cp(join(at.pictures, 'photo.jpg'), join(at.pictures, 'photo.JPG'));
    await cp(join(at.pictures, 'A.png'), join(at.pictures, 'a.png'));
    const sources = names.length + 2;
    const inside = [
      'clean',
      'pictures',
      '--out',
      'pictures/results',
      '--format',
      'png',
      '--json',
      '--noise-factor',
      '0.1',
    ];
    const dry = async () => (await at.run([...inside, '--dry-run'])).json().map((line) => line['output']);
    const planned = (await dry()).filter((output) => output !== undefined).map(String);
    expect(await dry()).toEqual(expect.arrayContaining(planned));
    // On a disk that tells neither case nor the form of accents.
    expect(new Set(planned.map((path) => path.normalize('NFC').toLowerCase())).size).toBe(sources);

    const first = await at.run(inside);
    expect(first.json().at(-1)).toMatchObject({ done: sources, failed: 0 });
    expect((await filesIn(join(at.pictures, 'results'))).map((name) => join(at.pictures, 'results', name)).sort()).toEqual(planned.sort()); // prettier-ignore
    const again = await at.run([...inside, '--on-conflict', 'skip']);
    expect(again.json().at(-1)).toMatchObject({ done: 0, failed: 0, skipped: 2 * sources });
    expect(await filesIn(join(at.pictures, 'results'))).toHaveLength(sources);

    // Around it: results lie above the sources, and what lies there already is not touched.
    const around = await at.run(['clean', 'pictures/one', '--out', '.', '--json', '--noise-factor', '0.1']);
    expect(around.json().at(-1)).toMatchObject({ done: 1, failed: 0 });
    expect(existsSync(join(at.folder, 'img_denoised.png'))).toBe(true);
  });

  test('P17: on another disk than the app’s own folder gets its results like any other', async (context) => {
    await writePictures(2);
    await mountDisk(context, join(at.folder, 'other-disk'), 'size=64m');
    const home = await ownHome(join(at.folder, 'other-disk'));
    const before = await Invariants.of(at, ['other-disk']);
    const ended = await at.run(clean, { env: { UNSPECKLE_HOME: home } });
    await before.hold(ended, { code: 0, found: 2 });
    const exported = await at.run(['models', 'export', 'gaussian-small', 'out/m.zip'], {
      env: { UNSPECKLE_HOME: home },
    });
    const imported = await at.run(['models', 'import', 'out/m.zip', '--name', 'mine'], {
      env: { UNSPECKLE_HOME: home },
    });
    expect([exported.code, imported.code]).toEqual([0, 0]);
    expect(existsSync(join(home, 'models', 'mine', 'weights.bin'))).toBe(true);
  });
});

test('P13: pictures replaced, cut short, removed and growing between list and reading are read once, or fail with the reason', async () => {
  await writePictures(5);
  const path = (name: string) => join(at.pictures, `${name}.png`);
  const other = join(at.folder, 'other.png');
  await writeNoisy(other, { width: 30, height: 20, seed: 99 });
  const running = at.start(clean);
  // The plan is told before the engine has started, which takes longer than what follows.
  await running.seen('planned', 5);
  await writeFile(path('p0'), await readFile(other));
  await truncate(path('p1'), 400);
  await unlink(path('p2'));
  const growing = setInterval(() => void appendFile(path('p3'), Buffer.alloc(4096)).catch(() => {}), 1);
  const ended = await running.ended;
  clearInterval(growing);
  checkLines(batchLine, ended.json());
  expect(ended.code).toBe(3);
  // Taken as it is now, or refused as changed; never half of one and half of the other.
  const replaced = lineOf(ended, path('p0'));
  if (replaced?.['type'] === 'done') expect([replaced['width'], replaced['height']]).toEqual([30, 20]);
  else expect(replaced?.['code']).toBe('input-changed');
  expect(lineOf(ended, path('p1'))?.['code']).toMatch(/^(image-damaged|input-changed)$/);
  expect(lineOf(ended, path('p2'))?.['code']).toMatch(/^(path-not-found|input-changed)$/);
  expect(lineOf(ended, path('p3'))?.['code']).toBe('input-changed');
  expect(lineOf(ended, path('p4'))?.['type']).toBe('done');
});

describe('P18: two at once', () => {
  const wholeResults = async (ended: Ended): Promise<string[]> => {
    const outputs = ended.json().filter(({ type }) => type === 'done').map((line) => String(line['output'])); // prettier-ignore
    for (const output of outputs) {
      const hash = createHash('sha256').update(await readFile(output)).digest('hex'); // prettier-ignore
      expect(
        ended.json().find((line) => line['output'] === output && line['type'] === 'done')?.['outputSha256'],
      ).toBe(hash);
    }
    return outputs;
  };

  test('the same batch runs once; others with the same folder take names of their own', async () => {
    await writePictures(5, 120, 90);
    const before = await Invariants.of(at);
    const one = at.start(clean);
    await one.seen('planned', 1);
    const other = at.start([...clean, '--strength', '0.5']);
    const same = await at.run(clean);
    expect([same.code, same.json().at(-1)?.['code']]).toEqual([1, 'job-busy']);
    const ended = [await one.ended, await other.ended];
    for (const each of ended) await before.hold(each, { code: 0 });
    const outputs = (await Promise.all(ended.map(wholeResults))).flat();
    expect(new Set(outputs).size).toBe(10);
    expect((await filesIn(at.out)).length).toBe(10);
    expect((await filesIn(at.out)).filter((name) => basename(name).startsWith('.'))).toEqual([]);
  });
});
