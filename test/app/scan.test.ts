import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownMarkText, readFileHead } from '../../app/inputs/file-head.ts';
import { scan } from '../../app/inputs/scan.ts';
import { markDescription } from '../../engine/images/own-mark.ts';
import { buildForNode, pngSignature } from './workshop.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scan-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: Uint8Array = pngSignature): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
}

async function found(inputs: readonly string[] = [folder], avoid: readonly string[] = []) {
  const { files, skipped } = await scan(inputs, { avoid });
  const name = (path: string) => relative(folder, path) || '.';
  return {
    files: files.map(({ source }) => name(source)),
    skipped: Object.fromEntries(skipped.map(({ source, code }) => [name(source), code])),
    details: skipped.map(({ details }) => details),
  };
}

test('pictures are found in depth, in the order people count', async () => {
  for (const name of ['p10.png', 'p2.JPG', 'b/1.tif', 'a/1.heic', 'a/notes.txt', 'p1.webp']) await file(name);
  expect((await found()).files).toEqual(['p1.webp', 'p2.JPG', 'p10.png', 'a/1.heic', 'b/1.tif']);
});

test('a file that is named is taken whatever its name; what is not there is told', async () => {
  const data = await file('scan.data');
  const result = await found([data, join(folder, 'gone.png')]);
  expect(result.files).toEqual(['scan.data']);
  expect(result.skipped).toEqual({ 'gone.png': 'path-not-found' });
});

test('P3: what is no file is told with its kind, in no time', async () => {
  await file('good.png');
  await mkdir(join(folder, 'folder.png'));
  execFileSync('mkfifo', [join(folder, 'pipe.png')]);
  const server = spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(join(folder, 'socket.png'))}, () => process.kill(process.pid, 9))`,
  ]);
  expect(server.signal).toBe('SIGKILL');
  await symlink('/dev/zero', join(folder, 'zero.png'));
  const began = performance.now();
  const result = await found();
  expect(performance.now() - began).toBeLessThan(1000);
  expect(result.files).toEqual(['good.png']);
  expect(result.skipped).toEqual({
    'folder.png': 'not-a-regular-file',
    'pipe.png': 'not-a-regular-file',
    'socket.png': 'not-a-regular-file',
    'zero.png': 'outside-folder',
  });
  expect((await found([join(folder, 'pipe.png'), '/dev/zero'])).files).toEqual([]);
});

test('pictures in a folder that is named like one are not lost', async () => {
  await file('album.png/inside.png');
  const result = await found();
  expect(result.files).toEqual(['album.png/inside.png']);
  expect(result.skipped).toEqual({ 'album.png': 'not-a-regular-file' });
});

test('P4: links end, and do not lead out of the folder', async () => {
  await file('real/a.png');
  await symlink(folder, join(folder, 'real/loop'));
  await symlink('self.png', join(folder, 'self.png'));
  await symlink(join(folder, 'gone'), join(folder, 'dead.png'));
  await symlink('/', join(folder, 'root'));
  await symlink('/proc/self/mem', join(folder, 'memory.png'));
  await symlink('/etc/passwd', join(folder, 'notes'));
  const result = await found();
  expect(result.files).toEqual(['real/a.png']);
  expect(result.skipped).toEqual({
    'real/loop': 'folder-loop',
    'self.png': 'not-a-regular-file',
    'dead.png': 'not-a-regular-file',
    root: 'outside-folder',
    'memory.png': 'outside-folder',
  });
});

test('a link that is named itself is followed', async () => {
  const target = await file('elsewhere/a.png');
  const named = join(folder, 'link.png');
  await symlink(target, named);
  expect((await found([named])).files).toEqual(['link.png']);
});

test('P4: a folder whose name only begins like the chosen one is outside', async () => {
  await mkdir(join(folder, 'b'));
  await symlink(await file('bc/secret.png'), join(folder, 'b/link.png'));
  expect((await found([join(folder, 'b')])).skipped).toEqual({ 'b/link.png': 'outside-folder' });
});

test('P5: one file under many names is taken once, by a name that is no link', async () => {
  const original = await file('b.png');
  await link(original, join(folder, 'c.png'));
  await symlink('b.png', join(folder, 'a.png'));
  const twin = await found([folder, original, join(folder, '.'), folder]);
  expect(twin.files).toEqual(['b.png']);
  expect(twin.skipped).toMatchObject({ 'a.png': 'duplicate', 'c.png': 'duplicate', '.': 'duplicate' });
});

test('a folder named beside the one that holds it is looked at once, whichever comes first', async () => {
  await file('sub/a.png');
  const sub = join(folder, 'sub');
  for (const inputs of [
    [sub, folder],
    [folder, sub],
  ]) {
    expect(await found(inputs)).toMatchObject({ files: ['sub/a.png'], skipped: { sub: 'duplicate' } });
  }
});

test('P5: one folder that a disk shows in two places is looked at once', async (context) => {
  await file('one/a.png');
  await mkdir(join(folder, 'two'));
  try {
    execFileSync('mount', ['--bind', join(folder, 'one'), join(folder, 'two')], { stdio: 'ignore' });
  } catch {
    context.skip('no folder can be mounted in a second place here');
  }
  try {
    const result = await found([join(folder, 'one'), join(folder, 'two')]);
    expect(result.files).toEqual(['one/a.png']);
    expect(result.skipped).toEqual({ two: 'duplicate' });
  } finally {
    execFileSync('umount', ['-l', join(folder, 'two')]);
  }
});

test('P16: equal files that are not the same file are both taken', async () => {
  await file('a.png');
  await file('b.png');
  expect((await found()).files).toEqual(['a.png', 'b.png']);
});

test('P2: names that are no valid text are told, not dropped', async () => {
  await file('good.png');
  const odd = Buffer.concat([Buffer.from(`${folder}/bad`), Buffer.from([0xff, 0xfe]), Buffer.from('.png')]);
  await writeFile(odd, pngSignature);
  await mkdir(Buffer.concat([Buffer.from(`${folder}/dir`), Buffer.from([0xc3, 0x28])]));
  const result = await found();
  expect(result.files).toEqual(['good.png']);
  expect(Object.values(result.skipped)).toEqual(['name-unreadable', 'name-unreadable']);
  expect(result.details[0]).toMatchObject({ folder, name: 'bad\ufffd\ufffd.png' });
});

test('P1: names with anything else in them are taken as they are', async () => {
  const odd = [
    '-dash.png',
    'two\nlines.png',
    'quo"te\'s.png',
    'back\\slash.png',
    '\u001b[31m.png',
    'e\u0301.png',
  ];
  odd.push('\u00e9.png', '\u202egnp.png', ' space .png', '.hidden.png', 'CON.png', `${'x'.repeat(251)}.png`);
  for (const name of odd) await file(name);
  expect((await found()).files.sort()).toEqual(odd.sort());
});

test('companions that macOS leaves beside files are told apart by what they hold', async () => {
  await file('._photo.png', Buffer.from('0005160700020000', 'hex'));
  await file('._real.png');
  const result = await found();
  expect(result.files).toEqual(['._real.png']);
  expect(result.skipped).toEqual({ '._photo.png': 'not-a-regular-file' });
});

test('hidden folders and the app’s own are not searched, and that is told', async () => {
  await file('.trash/a.png');
  await file('home/b.png');
  const result = await found([folder], [join(folder, 'home')]);
  expect(result.files).toEqual([]);
  expect(result.skipped).toEqual({ '.trash': 'not-a-regular-file', home: 'not-a-regular-file' });
  expect((await found([join(folder, '.trash')])).files).toEqual(['.trash/a.png']);
});

test('P6: what may not be read is told, and the rest goes on', async (context) => {
  if (process.getuid?.() !== 0) context.skip('needs root to become somebody else');
  await file('good.png');
  execFileSync('chmod', ['755', folder]);
  execFileSync('chmod', ['000', await file('secret.png'), join(await file('locked/a.png'), '..')]);
  const built = await buildForNode('lone-scan.ts', join(folder, 'built'));
  const user = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const { stdout } = spawnSync('setpriv', [...user, process.execPath, built, folder], { encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual({
    files: [join(folder, 'good.png')],
    skipped: {
      [join(folder, 'secret.png')]: 'permission-denied',
      [join(folder, 'locked')]: 'permission-denied',
    },
  });
});

test('P15: paths that are too long for the system are told', async () => {
  await file('good.png');
  const name = 'a'.repeat(200);
  // Built by steps, as no single call could.
  const script = `cd ${JSON.stringify(folder)} && for i in $(seq 25); do mkdir ${name} && cd ${name}; done`;
  execFileSync('bash', ['-c', script]);
  const result = await found();
  expect(result.files).toEqual(['good.png']);
  expect(Object.values(result.skipped)).toEqual(['path-unreadable']);
  execFileSync('rm', ['-rf', folder]);
});

test('P14: a huge sparse file costs nothing to look at', async () => {
  const path = await file('huge.tif', Buffer.from('II*\0'));
  await truncate(path, 20e9);
  const began = performance.now();
  expect((await found()).files).toEqual(['huge.tif']);
  expect(performance.now() - began).toBeLessThan(1000);
});

test('P9: our own results are known by their mark, as the engine writes it', async () => {
  const mark = Buffer.from(markDescription('Unspeckle'));
  expect(mark.includes(ownMarkText)).toBe(true);
  const filler = Buffer.alloc(100_000, 1);
  const exif = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0xea, 0x62]), Buffer.alloc(60_000 - 2)]);
  const webp = Buffer.from('RIFF\0\0\0\0WEBP');
  const tail = Buffer.alloc(600_000);
  const heads = {
    'own.png': Buffer.concat([pngSignature, mark, filler]),
    'far.png': Buffer.concat([pngSignature, filler, mark]),
    'own.jpg': Buffer.concat([exif, mark]),
    'own.webp': Buffer.concat([webp, tail, mark]),
    'own.tif': Buffer.concat([Buffer.from('II*\0'), tail, mark]),
    'other.jpg': exif,
    'other.webp': Buffer.concat([webp, tail]),
  };
  for (const [name, content] of Object.entries(heads)) {
    const { ownMark } = await readFileHead(await file(name, content));
    expect([name, ownMark]).toEqual([name, !name.startsWith('other')]);
  }
});

test('L1: ten thousand files are listed in under five seconds', async () => {
  for (let n = 0; n < 100; n++) {
    await mkdir(join(folder, `f${n}`));
    for (let i = 0; i < 100; i++) writeFileSync(join(folder, `f${n}/p${i}.png`), pngSignature);
  }
  const began = performance.now();
  expect((await found()).files).toHaveLength(10_000);
  expect(performance.now() - began).toBeLessThan(5000);
});

test('P5: on a layered disk, whose file numbers are beyond what JavaScript counts, files are told apart', async (context) => {
  const at = (name: string) => join(folder, name);
  const mounted: string[] = [];
  const mount = (place: string, ...args: string[]) => {
    execFileSync('mount', [...args, place], { stdio: 'ignore' });
    mounted.unshift(place);
  };
  try {
    for (const place of ['lower', 'upper', 'merged']) await mkdir(at(place));
    await writeFile(at('disk'), '');
    await truncate(at('disk'), 8 * 2 ** 20);
    try {
      execFileSync('mkfs.ext4', ['-q', at('disk')], { stdio: 'ignore' });
      mount(at('lower'), '-o', 'loop', at('disk'));
      for (const name of ['a.png', 'b.png', 'one/c.png', 'two/d.png']) await file(`lower/${name}`);
      mount(at('upper'), '-t', 'tmpfs', 'tmpfs');
      for (const place of ['changes', 'work']) await mkdir(join(at('upper'), place));
      const layers = `lowerdir=${at('lower')},upperdir=${at('upper')}/changes,workdir=${at('upper')}/work,xino=on`;
      mount(at('merged'), '-t', 'overlay', '-o', layers, 'overlay');
    } catch {
      context.skip('layered disks cannot be mounted here');
    }
    const { files, skipped } = await found([at('merged')]);
    expect(files).toEqual(['a.png', 'b.png', 'one/c.png', 'two/d.png'].map((name) => `merged/${name}`));
    expect(skipped).toEqual({});
  } finally {
    for (const place of mounted) execFileSync('umount', ['-l', place]);
  }
});
