import { link, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually, useWorkshop, type Workshop } from '../workshop.ts';
import { TestWindow } from './window-bench.ts';

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => ({ workshop, enginePath } = made));

const open = () => new TestWindow(workshop.app(enginePath));

describe('what is added', () => {
  test('becomes rows with what their headers say, those that cannot be read with the reason', async () => {
    await workshop.picture('Trip/a.png', 'size 300 200');
    await workshop.picture('Trip/deep/b.png', 'unreadable');
    await writeFile(join(workshop.pictures, 'Trip/notes.txt'), 'no picture');
    const window = open();
    await window.add(join(workshop.pictures, 'Trip'), join(workshop.folder, 'gone.png'));
    expect(window.statesOf()).toEqual({ 'a.png': 'ready', 'b.png': 'unreadable', 'gone.png': 'unreadable' });
    expect(window.row('a.png')).toMatchObject({
      folder: 'Trip',
      picture: { format: 'png', width: 300, height: 200, pages: 1, bitDepth: 8 },
    });
    expect(window.row('b.png')).toMatchObject({ folder: 'Trip/deep', problem: { code: 'image-damaged' } });
    expect(window.row('gone.png').problem?.code).toBe('path-not-found');
    expect(JSON.stringify(window.all.map(({ problem: _, ...row }) => row))).not.toContain(workshop.pictures);
  });

  test('is there once, by whatever name it comes again; changed since, it is read again', async () => {
    const path = await workshop.picture('a.png');
    await link(path, join(workshop.pictures, 'twin.png'));
    const window = open();
    expect(await window.app.addPaths([path, path])).toEqual({ added: 1 });
    expect(await window.app.addPaths([workshop.pictures])).toEqual({ added: 0 });
    await window.add();
    expect(window.all).toHaveLength(1);
    await workshop.picture('a.png', 'unreadable');
    await utimes(path, 1, 1);
    await window.add(path);
    expect(window.statesOf()).toEqual({ 'a.png': 'unreadable' });
  });

  test('with nothing in it says so; hidden folders and links out are not looked into', async () => {
    await mkdir(join(workshop.pictures, '.hidden'), { recursive: true });
    await workshop.picture('.hidden/a.png');
    const outside = join(workshop.folder, 'outside.png');
    await writeFile(outside, 'x');
    const window = open();
    expect(await window.app.addPaths([workshop.pictures])).toEqual({ added: 0 });
    expect(window.eventsOf('failure').map(({ failure }) => failure.code)).toEqual(['no-pictures']);
    await symlink(outside, join(workshop.pictures, 'link.png'));
    await window.add(workshop.pictures);
    expect(window.row('link.png').problem?.code).toBe('outside-folder');
  });

  test('by Unspeckle itself is kept, and not cleaned with all', async () => {
    await workshop.picture('mine.png', 'own');
    const window = open();
    await window.add(workshop.pictures);
    expect(window.row('mine.png')).toMatchObject({ state: 'kept', notices: [{ code: 'own-output' }] });
    expect(await window.try('startBatch', { rows: 'all' })).toMatchObject({
      ok: false,
      code: 'nothing-to-clean',
    });
  });

  test('L1: ten thousand files: the first rows come at once, and no more than 500 in one event', async () => {
    const folder = join(workshop.pictures, 'many');
    await mkdir(folder, { recursive: true });
    const original = await workshop.picture('one.png');
    for (let n = 0; n < 10_000; n += 100) {
      const names = Array.from({ length: 100 }, (_, i) => join(folder, `p${n + i}.png`));
      await Promise.all(names.map((name) => writeFile(name, `${original}${name}`)));
    }
    const window = open();
    const began = performance.now();
    const added = window.app.addPaths([folder]);
    await eventually(() => window.rows.size > 0, 'the first rows');
    expect(performance.now() - began).toBeLessThan(1000);
    expect(await added).toEqual({ added: 10_000 });
    await eventually(() => window.rows.size === 10_000, 'all rows');
    const told = window.eventsOf('rows').map(({ rows }) => rows.length);
    expect(Math.max(...told)).toBeLessThanOrEqual(500);
    expect(window.eventsOf('looking').at(-1)).toEqual({ type: 'looking', found: null });
    await window.call('removeRows', { rows: 'all' });
    expect(await window.call('listRows', {})).toEqual([]);
  });

  test('whose header takes the engine down is named, and the others are read', async () => {
    await workshop.picture('a.png');
    await workshop.picture('bad.png', 'crash-inspect');
    await workshop.picture('c.png');
    const window = open();
    await window.add(workshop.pictures);
    expect(window.row('bad.png').problem?.code).toBe('engine-crashed');
    expect(window.eventsOf('engine-restarted').length).toBeGreaterThan(0);
  });
});

describe('rows', () => {
  test('are shared by all windows and outlive a reload', async () => {
    await workshop.picture('a.png');
    const app = workshop.app(enginePath);
    const first = new TestWindow(app);
    await first.add(workshop.pictures);
    first.app.close();
    const second = new TestWindow(app);
    const [row] = await second.call('listRows', {});
    expect(row).toMatchObject({ name: 'a.png', state: 'ready' });
    await second.call('removeRows', { rows: [row?.id ?? ''] });
    expect(first.rows.size).toBe(1);
    expect(await second.call('listRows', {})).toEqual([]);
  });

  test('take choices of their own, one by one, and give them back', async () => {
    await workshop.picture('a.png');
    const window = open();
    await window.add(workshop.pictures);
    const { id } = window.row('a.png');
    await window.call('changeRows', { rows: [id], choices: { strength: 0.5 } });
    await window.call('changeRows', { rows: 'all', choices: { noiseFactor: 0.1 } });
    expect((await window.call('listRows', {}))[0]?.choices).toEqual({ strength: 0.5, noiseFactor: 0.1 });
    await window.call('changeRows', { rows: [id], choices: null });
    expect((await window.call('listRows', {}))[0]?.choices).toBeNull();
  });
});
