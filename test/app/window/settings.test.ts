import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { placesIn } from '../../../app/places.ts';
import { SettingsFile } from '../../../app/settings.ts';
import { eventually, useWorkshop, type Workshop } from '../workshop.ts';
import { TestWindow } from './window-bench.ts';

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => ({ workshop, enginePath } = made));

const settingsFile = () => join(workshop.home, 'settings.json');

describe('the settings file', () => {
  const file = () => new SettingsFile(placesIn(workshop.home));

  test('F12: of version 1 is carried over, and nothing is said', async () => {
    await mkdir(workshop.home);
    await writeFile(settingsFile(), '{"version":1,"defaultModel":"mine"}');
    const settings = file();
    expect(await settings.read()).toMatchObject({ version: 2, defaultModel: 'mine', theme: 'system' });
    expect(settings.trouble).toBeNull();
    await settings.change((now) => ({ ...now, theme: 'dark' }));
    expect(await file().read()).toMatchObject({ version: 2, defaultModel: 'mine', theme: 'dark' });
    expect(await readdir(workshop.home)).toEqual(['settings.json']);
  });

  test('F12: with single fields that make no sense loses only those, and keeps a copy of what it was', async () => {
    await mkdir(workshop.home);
    const broken = {
      version: 2,
      theme: 'pink',
      threads: 3,
      future: 1,
      batch: { strength: 9, quality: 80, out: 7 },
      presets: [{ name: 'web', choices: { quality: 70, strength: 'x' } }, 5],
    };
    const text = JSON.stringify(broken);
    await writeFile(settingsFile(), text);
    const settings = file();
    const read = await settings.read();
    expect(read).toMatchObject({
      theme: 'system',
      threads: 3,
      batch: { strength: 1, quality: 80, out: null },
    });
    expect(read.presets).toMatchObject([{ name: 'web', choices: { quality: 70, strength: 1 } }]);
    const lost = settings.trouble?.message;
    for (const name of [
      'theme',
      'future',
      'batch.strength',
      'batch.out',
      'presets.0.choices.strength',
      'presets.1',
    ]) {
      expect(lost).toContain(name);
    }
    expect(await readFile(`${settingsFile()}.bad-1`, 'utf8')).toBe(text);
    expect(await file().read()).toEqual(read);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  test('F12: that make no sense lose nothing that is chosen while they are read by many', async () => {
    await mkdir(workshop.home);
    const broken = JSON.stringify({ version: 2, theme: 'pink', threads: 3 });
    for (let round = 0; round < 20; round++) {
      await writeFile(settingsFile(), broken);
      const [reader, other] = [file(), file()];
      const reading = Array.from({ length: 6 }, () => reader.read());
      // A moment later each time, so that the change falls into every part of reading.
      await new Promise((resolve) => setTimeout(resolve, round / 4));
      await other.change((now) => ({ ...now, threads: 7 }));
      expect((await Promise.all(reading)).every(({ threads }) => threads === 3 || threads === 7)).toBe(true);
      expect((await file().read()).threads).toBe(7);
    }
    const aside = (await readdir(workshop.home)).filter((name) => name.includes('.bad-'));
    expect(aside).toHaveLength(20);
  });

  test('changed by many at once, in one program and in two, keeps what each wrote', async () => {
    const one = file();
    const other = file();
    await Promise.all([
      ...Array.from({ length: 10 }, (_, n) =>
        (n % 2 ? one : other).change((now) => ({
          ...now,
          presets: [...now.presets, { name: `p${n}`, choices: now.batch }],
        })),
      ),
      one.change((now) => ({ ...now, theme: 'dark' })),
      other.change((now) => ({ ...now, threads: 5 })),
    ]);
    const read = await one.read();
    expect(read.presets.map(({ name }) => name).sort()).toEqual(
      Array.from({ length: 10 }, (_, n) => `p${n}`),
    );
    expect(read).toMatchObject({ theme: 'dark', threads: 5 });
  });
});

describe('a window', () => {
  test('F10: whose app is closed in the moment something was chosen has it kept', async () => {
    const app = workshop.app(enginePath);
    const window = new TestWindow(app);
    void window.call('changeSettings', { theme: 'dark' });
    void window.call('savePreset', { name: 'late' });
    await app.close();
    const kept = JSON.parse(await readFile(settingsFile(), 'utf8')) as { theme: string; presets: object[] };
    expect(kept).toMatchObject({ theme: 'dark', presets: [{ name: 'late' }] });
  });

  test('changes what it names and nothing else, and all windows hear of it', async () => {
    const app = workshop.app(enginePath);
    const [first, second] = [new TestWindow(app), new TestWindow(app)];
    await first.call('changeSettings', { theme: 'dark', batch: { quality: 70, colourStrength: 0.4 } });
    await second.call('changeSettings', { batch: { strength: 0.9 } });
    const settings = await first.call('readSettings', {});
    expect(settings).toMatchObject({
      theme: 'dark',
      batch: { quality: 70, strength: 0.9, colourStrength: 0.4, name: '{name}_denoised' },
    });
    expect(first.eventsOf('settings')).toHaveLength(2);
    const after = await second.call('changeSettings', { batch: { colourStrength: null } });
    expect(after.batch).not.toHaveProperty('colourStrength');
  });

  test('sees an example of a name, made of its first picture', async () => {
    await workshop.picture('IMG 1.png');
    const window = new TestWindow(workshop.app(enginePath));
    expect((await window.call('readSettings', {})).exampleName).toBe('DSC_0042_denoised.jpg');
    await window.add(workshop.pictures);
    const changed = await window.call('changeSettings', {
      batch: { name: '{name}-{factor}', format: 'tiff' },
    });
    expect(changed.exampleName).toBe('IMG 1-0.050.tif');
    expect(await window.try('changeSettings', { batch: { name: '{nme}' } })).toMatchObject({
      code: 'argument-invalid',
    });
    expect((await window.call('readSettings', {})).batch.name).toBe('{name}-{factor}');
  });

  test('sees the example of a name follow the queue: pictures that come, go, and are all gone', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    const example = () => window.eventsOf('settings').at(-1)?.settings.exampleName;
    await window.call('changeSettings', { batch: { name: '{name} in {parent}' } });
    await window.add(await workshop.picture('Trip/a.png', 'wait 1'));
    await eventually(() => example() === 'a in Trip.png', 'the first picture');
    await window.add(
      await workshop.picture('Home/b.png', 'wait 2'),
      await workshop.picture('Home/c.png', 'wait 3'),
    );
    const told = window.eventsOf('settings').length;
    await window.call('removeRows', { rows: [window.row('c.png').id] });
    // Its own change and the next one both say what holds in the end.
    await Promise.all([
      window.call('removeRows', { rows: [window.row('a.png').id] }),
      window.call('changeSettings', { theme: 'dark' }),
    ]);
    await eventually(() => example() === 'b in Home.png', 'the next picture');
    expect(window.eventsOf('settings').at(-1)?.settings.theme).toBe('dark');
    expect(window.eventsOf('settings').length - told).toBeLessThanOrEqual(2);
    await window.call('removeRows', { rows: 'all' });
    await eventually(() => example() === 'DSC_0042 in.jpg', 'the made-up one');
  });

  test('keeps presets under names', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    await window.call('changeSettings', { batch: { quality: 70 } });
    await window.call('savePreset', { name: 'web' });
    await window.call('changeSettings', { batch: { quality: 95 } });
    await window.call('savePreset', { name: 'print' });
    const back = await window.call('applyPreset', { name: 'web' });
    expect(back.batch.quality).toBe(70);
    expect(back.presets.map(({ name }) => name)).toEqual(['web', 'print']);
    expect((await window.call('removePreset', { name: 'web' })).presets).toHaveLength(1);
    expect(await window.try('applyPreset', { name: 'web' })).toMatchObject({ code: 'argument-invalid' });
  });

  test('describes the machine by the backend that the settings ask for, and says when that is refused', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    await window.call('changeSettings', { backend: 'onnx', threads: 2 });
    const machine = await window.call('describeMachine', {});
    expect(machine).toMatchObject({ appVersion: '9.9.9', cores: 2, measured: { chosen: 'wasm' } });
    expect(machine.advice).toContainEqual(expect.objectContaining({ code: 'backend-unavailable' }));
    expect(workshop.choices()).toEqual([
      { choice: 'onnx', threads: 2 },
      { choice: 'auto', threads: 2 },
    ]);
  });
});

describe('models', () => {
  test('are renamed, copied, chosen, measured, exported and removed, and each change is told', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    const copy = await window.call('duplicateModel', { model: 'gaussian-small', name: 'Mine at last' });
    expect(copy).toMatchObject({
      id: 'mine-at-last',
      name: 'Mine at last',
      bundled: false,
      megapixelsPerSecond: null,
    });
    expect(copy).not.toHaveProperty('folder');
    expect(copy.macsPerPixel).toBeGreaterThan(0);
    const second = await window.call('duplicateModel', { model: 'mine-at-last', name: '我的模型' });
    expect([second.id, second.name]).toEqual(['mine-at-last-2', '我的模型']);
    expect(await window.call('renameModel', { model: copy.id, name: 'Other' })).toMatchObject({
      id: copy.id,
      name: 'Other',
    });
    expect(await window.call('measureModel', { model: copy.id })).toEqual({
      megapixelsPerSecond: 1,
      backend: 'wasm',
    });
    await window.call('setDefaultModel', { model: copy.id });
    await eventually(() => window.eventsOf('models').length >= 5, 'word of the models');
    const models = await window.call('listModels', {});
    expect(models.find(({ isDefault }) => isDefault)).toMatchObject({ id: copy.id, megapixelsPerSecond: 1 });
    window.host.picks.save = join(workshop.folder, 'mine.zip');
    expect(await window.call('exportModel', { model: copy.id })).toEqual({ chosen: true });
    expect(window.host.done).toContain('save mine-at-last.zip');
    const archive = window.host.picks.save;
    window.host.picks.save = join(workshop.folder, 'network');
    expect(await window.call('exportModel', { model: copy.id, form: 'onnx' })).toEqual({ chosen: true });
    expect(window.host.done).toContain('save mine-at-last.onnx');
    expect(await readFile(window.host.picks.save, 'utf8')).toBe(`onnx of ${copy.id}`);
    window.host.picks.save = archive;
    const onnx = await window.app.fetch(new Request(`http://h/onnx/${copy.id}`));
    expect(onnx.headers.get('content-disposition')).toContain(`filename="${copy.id}.onnx"`);
    expect(await onnx.text()).toBe(`onnx of ${copy.id}`);
    const response = await window.app.fetch(new Request(`http://h/model/${copy.id}`));
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.equals(await readFile(window.host.picks.save))).toBe(true);
    await window.call('removeModel', { model: copy.id });
    expect(window.host.trashed).toEqual([join(workshop.home, 'models', copy.id)]);
    window.host.trashIsFull = true;
    await window.call('removeModel', { model: second.id });
    expect((await readdir(join(workshop.home, 'trash'))).join()).toContain(second.id);
    expect((await window.call('listModels', {})).map(({ id }) => id)).not.toContain(second.id);
    window.host.picks.model = window.host.picks.save;
    expect(await window.call('importModel', { place: null })).toMatchObject({
      id: 'other',
      reducesNoise: true,
    });
  });

  test('that ship with the app, or are not there, stay as they are', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    const model = 'gaussian-small';
    expect(await window.try('renameModel', { model, name: 'x' })).toMatchObject({ code: 'model-protected' });
    expect(await window.try('removeModel', { model })).toMatchObject({ code: 'model-protected' });
    for (const method of ['setDefaultModel', 'exportModel', 'measureModel'] as const) {
      expect(await window.try(method, { model: '../x' }), method).toMatchObject({ code: 'model-not-found' });
    }
    expect((await window.app.fetch(new Request('http://h/model/nobody'))).status).toBe(404);
    expect(await window.call('importModel', { place: null })).toBeNull();
  });
});
