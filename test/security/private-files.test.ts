import { lstat, mkdir, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Workspace } from '../cli/built-cli.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { useProduct } from '../reliability/product.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const product = useProduct();
let at: Workspace;
beforeEach(() => {
  at = product();
});

/** Everything below a folder, the folder too. */
async function everythingIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true });
  return [folder, ...found.map((name) => join(folder, name))];
}

/** Files and folders that others than their owner may look into. */
async function openToOthers(folder: string): Promise<string[]> {
  const paths = await everythingIn(folder);
  const modes = await Promise.all(paths.map(async (path) => ({ path, mode: (await lstat(path)).mode & 0o077 })));
  return modes.filter(({ mode }) => mode !== 0).map(({ path, mode }) => `${relative(folder, path)} ${mode.toString(8)}`);
} // prettier-ignore

test('S14: what the app keeps is for its person alone, whatever the system would allow others', async (context) => {
  if (process.platform === 'win32') context.skip('Windows keeps a person’s folders from others by itself');
  await writeNoisy(join(at.pictures, 'a.png'));
  const home = join(at.folder, 'home');
  // A system on which new files are for everybody.
  const open = ['sh', '-c', 'umask 000 && exec "$0" "$@"'];
  const env = { UNSPECKLE_HOME: home };
  const cleaned = await at.run(['clean', 'pictures', '--out', 'out', '--json'], { under: open, env });
  expect(cleaned.code).toBe(0);
  const trained = await at.run(['train', 'pictures', '--batch', '2', '--patch', '16', '--steps', '2', '--threads', '1', '--name', 'mine', '--json'], { under: open, env }); // prettier-ignore
  expect(trained.code).toBe(0);
  expect((await readdir(home)).sort()).toEqual(expect.arrayContaining(['jobs', 'logs', 'models']));
  // Nobody gets past the folder itself; what is in its parts is closed as well.
  expect(((await lstat(home)).mode & 0o777).toString(8)).toBe('700');
  const parts = (await readdir(home, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name } of parts) expect([name, ((await lstat(join(home, name))).mode & 0o077).toString(8)]).toEqual([name, '0']); // prettier-ignore
  expect((await openToOthers(join(home, 'logs'))).concat(await openToOthers(join(home, 'jobs')))).toEqual([]);
});

test('S14: nothing is left among the temporary files, and no name there can be foreseen', async () => {
  await writeNoisy(join(at.pictures, 'a.png'));
  const watched = new Set<string>();
  const watch = setInterval(() => void at.temporaryFiles().then((names) => names.forEach((name) => watched.add(name)), () => {}), 5); // prettier-ignore
  const { code } = await at.run(['clean', 'pictures', '--out', 'out', '--json']);
  clearInterval(watch);
  expect(code).toBe(0);
  expect(await at.temporaryFiles()).toEqual([]);
  for (const name of watched) expect(name).toMatch(/[A-Za-z0-9]{6,}$/);
});

test('S14: logs hold nothing of what pictures tell about places and people', async () => {
  const exif = { IFD0: { Artist: 'Somebody Secret', ImageDescription: 'at-home-of-somebody' }, IFD3: { GPSLatitude: '52/1 31/1 12/1' } }; // prettier-ignore
  const create = { width: 64, height: 48, channels: 3 as const, background: '#777' };
  await mkdir(at.pictures, { recursive: true });
  await sharp({ create }).withExif(exif).jpeg().toFile(join(at.pictures, 'a.jpg'));
  const home = join(at.folder, 'home');
  await at.run(['clean', 'pictures', '--out', 'out', '--noise-factor', '0.1', '--json'], { env: { UNSPECKLE_HOME: home } }); // prettier-ignore
  const logs = await Promise.all((await readdir(join(home, 'logs'))).map((name) => readFile(join(home, 'logs', name), 'utf8'))); // prettier-ignore
  expect(logs.join('').length).toBeGreaterThan(20);
  expect(logs.join('')).not.toMatch(/Somebody Secret|at-home-of-somebody|52\/1/);
});
