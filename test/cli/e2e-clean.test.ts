import { mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { filesIn, fingerprints, prepareHome, Workspace } from './built-cli.ts';
import { batchLine, checkLines, estimateLine, planLine } from './json-schemas.ts';
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

async function writeTree(): Promise<void> {
  await writeNoisy(join(at.pictures, 'a.png'), { seed: 1 });
  await writeNoisy(join(at.pictures, 'b.jpg'), { seed: 2 });
  await writeNoisy(join(at.pictures, 'deep/er/c.png'), { seed: 3, width: 33, height: 51 });
  await writeFile(join(at.pictures, 'deep/notes.txt'), 'not a picture');
}

test('a tree is cleaned into the same tree elsewhere; the sources stay as they were', async () => {
  await writeTree();
  const before = await fingerprints(at.pictures);
  const { code, json, stderr } = await at.run(['clean', 'pictures', '--out', 'out', '--json']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  checkLines(batchLine, json());
  expect(json().at(-1)).toMatchObject({ done: 3, failed: 0, pending: 0, stopped: false });
  expect(await filesIn(at.out)).toEqual(['a_denoised.png', 'b_denoised.jpg', 'deep/er/c_denoised.png']);
  expect(await fingerprints(at.pictures)).toEqual(before);
  const { width, height } = await sharp(join(at.out, 'deep/er/c_denoised.png')).metadata();
  expect([width, height]).toEqual([33, 51]);
});

test('what is cleaned is less noisy, as the program itself measures', async () => {
  const options = { width: 200, height: 160, noiseFactor: 0.1 };
  await writeNoisy(join(at.pictures, 'a.png'), options);
  await at.run(['clean', 'pictures', '--out', 'out']);
  const { json } = await at.run(['estimate', 'pictures', 'out/a_denoised.png', '--json']);
  checkLines(estimateLine, json());
  const [noisy, cleaned] = json().map(({ noiseFactor }) => Number(noiseFactor));
  expect(noisy).toBeGreaterThan(0.07);
  expect(noisy).toBeLessThan(0.13);
  expect(cleaned).toBeLessThan(0.03);
});

test('P9: beside their sources, results are never cleaned again, not by any name', async () => {
  await writeTree();
  await at.run(['clean', 'pictures']);
  await rename(join(at.pictures, 'a_denoised.png'), join(at.pictures, 'renamed.png'));
  const { code, json } = await at.run(['clean', 'pictures', '--on-conflict', 'skip', '--json']);
  expect(code).toBe(0);
  const skipped = json().filter(({ type }) => type === 'skipped');
  expect(
    skipped.filter((line) => line['code'] === 'own-output').map((line) => String(line['source'])),
  ).toEqual(
    expect.arrayContaining([
      join(at.pictures, 'b_denoised.jpg'),
      join(at.pictures, 'renamed.png'),
      join(at.pictures, 'deep/er/c_denoised.png'),
    ]),
  );
  // Only the result that went elsewhere is made anew.
  expect(json().at(-1)).toMatchObject({ done: 1, failed: 0 });
});

test('P12: results that exist are kept beside new ones, kept alone, or replaced, as asked', async () => {
  await writeNoisy(join(at.pictures, 'a.png'));
  const argv = ['clean', 'pictures', '--out', 'out', '--json'];
  await at.run(argv);
  const file = join(at.out, 'a_denoised.png');
  await writeFile(file, 'mine now');
  const renamed = await at.run(argv);
  expect(renamed.json().at(-1)).toMatchObject({ done: 1 });
  expect(await filesIn(at.out)).toEqual(['a_denoised (2).png', 'a_denoised.png']);
  const kept = await at.run([...argv, '--on-conflict', 'skip']);
  expect(kept.code).toBe(0);
  expect(kept.json().at(-1)).toMatchObject({ done: 0, skipped: 1 });
  expect(await readFile(file, 'utf8')).toBe('mine now');
  const replaced = await at.run([...argv, '--on-conflict', 'overwrite']);
  expect(replaced.json().at(-1)).toMatchObject({ done: 1 });
  expect((await sharp(file).metadata()).format).toBe('png');
});

test('--dry-run tells the plan and writes nothing at all', async () => {
  await writeTree();
  const before = await fingerprints(at.folder);
  const { code, json } = await at.run(['clean', 'pictures', '--out', 'out', '--dry-run', '--json']);
  expect(code).toBe(0);
  checkLines(planLine, json());
  const outputs = json().filter(({ type }) => type === 'planned').map((line) => line['output']); // prettier-ignore
  expect(outputs).toEqual([
    join(at.out, 'a_denoised.png'),
    join(at.out, 'b_denoised.jpg'),
    join(at.out, 'deep/er/c_denoised.png'),
  ]);
  expect(await fingerprints(at.folder)).toEqual(before);
  await at.run(['clean', 'pictures', '--out', 'out']);
  expect((await filesIn(at.out)).map((file) => join(at.out, file))).toEqual(outputs);
});

test('P1: strange names are cleaned, and shown without acting on the terminal', async () => {
  const names = ['line\nfeed.png', 'emoji 👩‍🔬.png', `"quotes" 'both'.png`, '-dash.png', 'bell\u0007.png', 'rtl\u202egnp.png'];
  for (const [seed, name] of names.entries()) await writeNoisy(join(at.pictures, name), { seed });
  const { code, stdout, stderr } = await at.run(['clean', '--out', 'out', '--', 'pictures']);
  expect(code).toBe(0);
  expect((await filesIn(at.out)).length).toBe(names.length);
  expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  expect(stdout).toContain(String.raw`line\nfeed.png`);
  expect(stdout).toContain('emoji 👩‍🔬.png');
}); // prettier-ignore

test('P5: the same file by two paths is cleaned once', async () => {
  await writeNoisy(join(at.pictures, 'a.png'));
  await symlink(join(at.pictures, 'a.png'), join(at.pictures, 'link.png'));
  const { code, json } = await at.run(['clean', 'pictures', 'pictures/a.png', '--out', 'out', '--json']);
  expect(code).toBe(0);
  expect(json().at(-1)).toMatchObject({ done: 1 });
});

test('one picture goes through a pipe, and nothing of it stays behind', async () => {
  await writeNoisy(join(at.pictures, 'a.png'), { width: 40, height: 30 });
  const noisy = await readFile(join(at.pictures, 'a.png'));
  const { code, bytes, stderr } = await at.run(['clean', '-', '--format', 'webp'], { stdin: noisy });
  expect(stderr).toMatch(/^noise factor 0\.\d{3} \(σ \d+\.\d\), .*\n$/);
  expect(code).toBe(0);
  const { format, width, height } = await sharp(bytes).metadata();
  expect([format, width, height]).toEqual(['webp', 40, 30]);
  expect(await at.temporaryFiles()).toEqual([]);
});

test('what is no picture is refused in a pipe, by name of the pipe', async () => {
  const { code, bytes, stderr } = await at.run(['clean', '-'], {
    stdin: Buffer.from('%PDF-1.7 not a picture'),
  });
  expect(code).toBe(1);
  expect(bytes.length).toBe(0);
  expect(stderr).toContain('“standard input”');
  expect(await at.temporaryFiles()).toEqual([]);
});

test('a report is written where it was asked for, and can be run again', async () => {
  await writeNoisy(join(at.pictures, 'a.png'));
  const first = await at.run([
    'clean',
    'pictures',
    '--out',
    'out',
    '--strength',
    '0.5',
    '--report',
    'r.json',
  ]);
  expect(first.code).toBe(0);
  const report = JSON.parse(await readFile(join(at.folder, 'r.json'), 'utf8')) as {
    job: { settings: object };
  };
  expect(report.job.settings).toMatchObject({ strength: 0.5 });
  const again = await at.run(['run', 'r.json', '--json']);
  checkLines(batchLine, again.json());
  expect(again.code).toBe(0);
  expect(await filesIn(at.out)).toEqual(['a_denoised (2).png', 'a_denoised.png']);
});

test('strength 0 gives the source byte for byte', async () => {
  await writeNoisy(join(at.pictures, 'a.jpg'));
  const { stdout } = await at.run(['clean', 'pictures', '--out', 'out', '--strength', '0']);
  expect(stdout).toContain('strength 0: copied unchanged');
  const [source, result] = [join(at.pictures, 'a.jpg'), join(at.out, 'a_denoised.jpg')];
  expect((await readFile(result)).equals(await readFile(source))).toBe(true);
  expect((await stat(result)).mtimeMs).toBe((await stat(source)).mtimeMs);
});

test('a folder without pictures, and a path that is not there, are refused in words', async () => {
  await mkdir(join(at.pictures, 'empty'));
  const empty = await at.run(['clean', 'pictures/empty']);
  expect([empty.code, empty.stderr]).toEqual([
    1,
    expect.stringMatching(/^unspeckle: No picture was found in /),
  ]);
  const absent = await at.run(['clean', 'pictures/absent.png']);
  expect([absent.code, absent.stderr]).toEqual([1, expect.stringContaining('Nothing is found at')]);
});
