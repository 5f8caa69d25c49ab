import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, type TestContext } from 'vitest';
import { placesIn, type Places } from '../../../app/places.ts';
import { trashOf } from '../../../app/window/undo.ts';
import { mountDisk, unmountDisks } from '../../reliability/product.ts';
import { FakeHost } from './window-bench.ts';

let folder: string;
let places: Places;
let result: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undo-'));
  places = placesIn(join(folder, 'home'));
  result = join(folder, 'a_denoised.png');
  await writeFile(result, Buffer.alloc(300_000, 7));
});
afterEach(async () => {
  unmountDisks();
  await rm(folder, { recursive: true, force: true });
});

/** The trash of a host that has none of the system's. */
function ownTrash(): (path: string) => Promise<void> {
  const host = new FakeHost();
  Object.assign(host.abilities, { trash: false });
  return trashOf(host, places);
}

const onAnotherDisk = (context: TestContext, size: string): Promise<void> =>
  mountDisk(context, places.trash, `size=${size},mode=0700`);

async function inTrash(): Promise<Buffer[]> {
  const names = await readdir(places.trash);
  return Promise.all(names.map((name) => readFile(join(places.trash, name))));
}

test('what is undone lies in the app’s own trash where the system has none', async () => {
  await ownTrash()(result);
  expect((await inTrash()).map(({ length }) => length)).toEqual([300_000]);
  await expect(readFile(result)).rejects.toThrow('ENOENT');
});

test('P17: also where that is on another disk', async (context) => {
  await onAnotherDisk(context, '8m');
  await ownTrash()(result);
  expect((await inTrash()).map(({ length }) => length)).toEqual([300_000]);
  await expect(readFile(result)).rejects.toThrow('ENOENT');
});

test('P8: where that disk is full the result stays where it is, and nothing half of it there', async (context) => {
  await onAnotherDisk(context, '64k');
  await expect(ownTrash()(result)).rejects.toThrow('ENOSPC');
  expect((await readFile(result)).length).toBe(300_000);
  expect(await inTrash()).toEqual([]);
});
