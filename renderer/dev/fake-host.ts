import type { QueueRow } from '../../contract/batch.ts';
import { failureOf } from '../../contract/errors.ts';
import { settings as settingsSchema } from '../../contract/settings.ts';
import type { Listing, WindowApi, WindowListener, WindowSettings } from '../../contract/window-api.ts';
import type { WindowHost } from '../../contract/window-host.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { FakeBatch } from './fake-batch.ts';
import { fakeModels } from './fake-models.ts';
import { drawTile } from './fake-pictures.ts';
import { fakeRow } from './fake-rows.ts';
import { fakePlace } from './fake-offer.ts';
import { FakeTraining } from './fake-training.ts';
import { drawTrainingImage } from './fake-training-images.ts';

const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A host that is all made up: the window can be looked at, and worked on, without the app. */
export function fakeHost({ rows: count, wish }: { rows: number; wish: URLSearchParams }): WindowHost {
  const listeners = new Set<WindowListener>();
  const tell: WindowListener = (event) => listeners.forEach((listener) => listener(event));
  const rows = new Map<string, QueueRow>();
  const batch = new FakeBatch(rows, tell);
  const training = new FakeTraining(tell, wish);
  const views = new Map<string, { width: number; height: number }>();
  let models = fakeModels();
  let settings: WindowSettings = {
    ...settingsSchema.parse({
      version: 2,
      theme: wish.get('theme') ?? 'system',
      language: wish.get('language') ?? 'system',
    }),
    trouble: null,
    exampleName: 'DSC_0412_denoised.jpg',
  };

  const add = (more: number) => {
    const added = Array.from({ length: more }, (_, index) => fakeRow(rows.size + index));
    for (const row of added) rows.set(row.id, row);
    for (let at = 0; at < added.length; at += 500) tell({ type: 'rows', rows: added.slice(at, at + 500) });
    return { added: more };
  };
  add(count);
  const keep = (changes: Partial<WindowSettings>) => {
    settings = { ...settings, ...changes };
    tell({ type: 'settings', settings });
    return Promise.resolve(settings);
  };
  const keepModels = (next: typeof models) => {
    models = next;
    tell({ type: 'models', models });
  };
  const ids = (wanted: 'all' | readonly string[]) => (wanted === 'all' ? [...rows.keys()] : [...wanted]);
  const nothing = () => Promise.resolve(null);
  const found = (id: string) => models.find((model) => model.id === id) ?? models[0]!;

  const api: WindowApi = {
    hello: () =>
      Promise.resolve({
        appVersion: '0.1.0',
        platform: 'linux',
        abilities: {
          pickers: wish.has('pickers'),
          reveal: wish.has('pickers'),
          notifications: true,
          taskbarProgress: true,
          trash: true,
        },
        locale: navigator.language,
        settings,
        batch: batch.state,
        training: training.state,
        unfinishedTrainings: training.unfinished,
        unfinished: wish.has('unfinished')
          ? [{ batch: 'old', started: '2026-11-19T21:04:00.000Z', pictures: 340, left: 112 }]
          : [],
      }),
    chooseInputs: () => Promise.resolve({ chosen: add(12).added > 0 }),
    browse: ({ show }) => Promise.resolve(listing(show)),
    makeFolder: ({ name }) => Promise.resolve({ id: name, name, kind: 'folder' }),
    addPlaces: () => Promise.resolve(add(12)),
    listRows: () => Promise.resolve([...rows.values()]),
    removeRows: ({ rows: wanted }) => {
      const gone = ids(wanted);
      for (const id of gone) rows.delete(id);
      tell({ type: 'rows-removed', rows: gone });
      return nothing();
    },
    changeRows: ({ rows: wanted, choices }) => {
      for (const id of ids(wanted)) {
        const row = rows.get(id);
        if (row)
          rows.set(id, {
            ...row,
            choices: choices && ({ ...row.choices, ...choices } as QueueRow['choices']),
          });
      }
      tell({ type: 'rows', rows: ids(wanted).flatMap((id) => rows.get(id) ?? []) });
      return nothing();
    },
    chooseOutputFolder: () => Promise.resolve({ chosen: true }),
    setOutputFolder: async ({ place }) => {
      await keep({ batch: { ...settings.batch, out: place === null ? null : '/home/ann/Pictures/Cleaned' } });
      return null;
    },
    checkBatch: ({ rows: wanted }) =>
      Promise.resolve({
        pictures: ids(wanted).length,
        megapixels: 288,
        bytesNeeded: 120e6,
        bytesFree: 48e9,
        seconds: 310,
        memoryBytes: 1.4e9,
        findings: wish.has('findings')
          ? [
              { code: 'unreadable-pictures', stops: false, details: { count: 1 } },
              { code: 'outputs-exist', stops: false, details: { count: 4, rule: 'rename' } },
            ]
          : [],
      }),
    startBatch: ({ rows: wanted }) => Promise.resolve({ batch: batch.start(ids(wanted)) }),
    pauseBatch: () => (batch.phase('paused'), nothing()),
    resumeBatch: () => (batch.phase('running'), nothing()),
    stopBatch: () => (batch.stop(), nothing()),
    listBatches: () => Promise.resolve(batch.finished),
    undoBatch: ({ batch: undone }) => {
      batch.finished = batch.finished.map((one) => (one.batch === undone ? { ...one, undone: true } : one));
      return Promise.resolve({ moved: 4, kept: [{ name: 'IMG_2210_denoised.jpg', why: 'changed' }] });
    },
    findResults: () => Promise.resolve({ pictures: 4, bytes: 12e6, gone: 0 }),
    listUnfinished: () => Promise.resolve([]),
    continueBatch: ({ batch: id }) => (
      tell({ type: 'unfinished', unfinished: [] }),
      Promise.resolve({ batch: id })
    ),
    forgetUnfinished: () => (tell({ type: 'unfinished', unfinished: [] }), nothing()),
    revealOutput: nothing,
    revealReport: nothing,
    openView: async ({ row }) => {
      await later(200);
      const picture = rows.get(row)?.picture;
      if (!picture) throw new Error('no picture');
      views.set(`view-${row}`, picture);
      const { format, width, height, pages } = picture;
      const summary = { format, width, height, pages, channels: 3, alpha: false, bitDepth: 8, bytes: 1, ownOutput: false } as const; // prettier-ignore
      return { view: `view-${row}`, summary };
    },
    closeView: nothing,
    measureView: async ({ view }) => {
      await later(600);
      const { width, height } = views.get(view) ?? { width: 1000, height: 1000 };
      const area = { x: Math.round(width * 0.3), y: Math.round(height * 0.12), width: 160, height: 160 };
      return { file: '', noiseFactor: 0.092, channels: [], clean: false, area, method: '', seconds: 0.6 };
    },
    completeView: async ({ view, page }) => {
      for (let fraction = 0.1; fraction < 1.05; fraction += 0.1) {
        await later(120);
        tell({ type: 'view-progress', view, page, fraction: Math.min(1, fraction) });
      }
      return null;
    },
    judgeResidual: async ({ choices }) => {
      await later(200);
      const told = typeof choices.noiseFactor === 'number' ? choices.noiseFactor : 0.092;
      const verdict = told > 0.15 ? 'structure' : told > 0.11 ? 'some-structure' : 'noise-only';
      return { verdict, structure: 0.02, removed: told * 0.97, noiseFactor: told };
    },
    scoreView: async () => {
      await later(300);
      return {
        noisy: { psnr: 20.17, ssim: 0.381 },
        blur: { psnr: 25.9, ssim: 0.702 },
        median: { psnr: 25.1, ssim: 0.668 },
        denoised: { psnr: 30.91, ssim: 0.878 },
      };
    },
    listModels: () => Promise.resolve(models),
    setDefaultModel: ({ model }) => {
      keepModels(models.map((one) => ({ ...one, isDefault: one.id === model })));
      return nothing();
    },
    renameModel: ({ model, name }) => {
      keepModels(models.map((one) => (one.id === model ? { ...one, name } : one)));
      return Promise.resolve(found(model));
    },
    duplicateModel: ({ model, name }) => {
      keepModels([...models, { ...found(model), id: `${model}-2`, name, bundled: false, isDefault: false }]);
      return Promise.resolve(found(`${model}-2`));
    },
    removeModel: ({ model }) => (keepModels(models.filter((one) => one.id !== model)), nothing()),
    importModel: async () => {
      await later(600);
      const model = {
        ...found('gaussian-small'),
        id: 'imported',
        name: 'Imported',
        bundled: false,
        isDefault: false,
      };
      keepModels([...models, model]);
      return model;
    },
    exportModel: () => Promise.resolve({ chosen: true }),
    measureModel: async ({ model }) => {
      await later(800);
      keepModels(models.map((one) => (one.id === model ? { ...one, megapixelsPerSecond: 1.84 } : one)));
      return { megapixelsPerSecond: 1.84, backend: 'onnx' };
    },
    ...training.calls,
    readSettings: () => Promise.resolve(settings),
    changeSettings: ({ batch: changes, ...others }) => {
      const { colourStrength, ...rest } = changes ?? {};
      const now = { ...settings.batch };
      delete now.colourStrength;
      const colour = typeof colourStrength === 'number' && { colourStrength };
      return keep({ ...others, batch: { ...now, ...rest, ...colour } } as Partial<WindowSettings>);
    },
    savePreset: ({ name }) => keep({ presets: [...settings.presets, { name, choices: settings.batch }] }),
    applyPreset: ({ name }) => {
      const preset = settings.presets.find((one) => one.name === name);
      return keep({ batch: preset?.choices ?? settings.batch });
    },
    removePreset: ({ name }) => keep({ presets: settings.presets.filter((one) => one.name !== name) }),
    describeMachine: async () => {
      await later(300);
      return {
        appVersion: '0.1.0',
        home: '/home/ann/.local/share/unspeckle',
        node: '20.19.0',
        cores: 8,
        memoryBytes: 16.6e9,
        backends: [
          {
            name: 'tensorflow',
            available: true,
            description: phrase('backend-tensorflow', { version: '2.21' }),
          },
          { name: 'onnx', available: true, description: phrase('backend-onnx', { version: '1.30' }) },
          { name: 'wasm', available: true, description: phrase('backend-wasm', { version: '4.22' }) },
        ],
        measured: {
          chosen: 'onnx',
          tried: [
            { name: 'tensorflow', megapixelsPerSecond: 2.18, difference: 0, refused: null },
            { name: 'onnx', megapixelsPerSecond: 2.64, difference: 2e-7, refused: null },
            { name: 'wasm', megapixelsPerSecond: 0.19, difference: 1e-6, refused: null },
          ],
        },
        advice: [],
      };
    },
  };

  return {
    async invoke(method, request) {
      try {
        const call = api[method] as unknown as (request: never) => Promise<never>;
        return { ok: true, value: await call(request as never) };
      } catch (thrown) {
        return { ok: false, ...failureOf(thrown) };
      }
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async pixels(tile, signal) {
      await later(60);
      signal.throwIfAborted();
      return { ok: true, value: { png: await drawTile(tile, views.get(tile.view)!), complete: true } };
    },
    takesFolders: false,
    addFiles: (files) => Promise.resolve({ ok: true, value: add(files.length) }),
    addTrainingFiles: () => Promise.resolve({ ok: true, value: [fakePlace] }),
    imageAddress: (path) => drawTrainingImage(path),
    downloadAddress: (row) => `data:text/plain,${row}`,
    resultsAddress: (batch) => `data:text/plain,${batch}`,
    modelAddress: (model) => `data:text/plain,${model}`,
  };
}

function listing(show: 'folders' | 'pictures' | 'models'): Listing {
  const folders = ['Cleaned', 'Harbour', 'Scans'].map((name) => ({
    id: name,
    name,
    kind: 'folder' as const,
  }));
  const files = Array.from({ length: 40 }, (_, index) => ({
    id: `file-${index}`,
    name: show === 'models' ? `model-${index}.zip` : `IMG_${2200 + index}.jpg`,
    kind: 'file' as const,
  }));
  const here = { id: 'pictures', name: 'Pictures', kind: 'folder' as const };
  return {
    label: '/home/ann/Pictures',
    here,
    parent: { id: 'home', name: 'ann', kind: 'folder' },
    roots: [{ id: 'home', name: 'Home', kind: 'folder' }, { id: 'usb', name: 'USB stick', kind: 'folder' }], // prettier-ignore
    places: show === 'folders' ? folders : [...folders, ...files],
    pictures: show === 'models' ? 0 : files.length,
  };
}
