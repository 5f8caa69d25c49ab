import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { homeFolder, placesIn } from '../../app/places.ts';
import { defaultSettings, SettingsFile } from '../../app/settings.ts';
import { lineSplitter } from '../../app/supervision/line-splitter.ts';
import { appMethods } from '../../contract/app-api.ts';
import type { JobEvent, JobSummary } from '../../contract/jobs.ts';
import { trainingConfig, type TrainingConfig } from '../../contract/train.ts';
import { sayPhrase } from '../../contract/texts/fill-in.ts';
import type { App } from '../../app/app.ts';
import { codeOf, follow, isRunning, useWorkshop, type Workshop } from './workshop.ts';

let enginePath: string;
let workshop: Workshop;
useWorkshop((made) => {
  ({ enginePath, workshop } = made);
});

test('the app offers what the contract names, and making it touches nothing', async () => {
  const { api } = workshop.app(enginePath);
  expect(Object.keys(api).sort()).toEqual([...appMethods].sort());
  expect(await readdir(workshop.folder)).not.toContain('home');
});

describe('the person’s folder', () => {
  test.each([
    ['linux', {}, '/home/ann/.local/share/unspeckle'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/unspeckle'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ann/.local/share/unspeckle'],
    ['darwin', {}, '/home/ann/Library/Application Support/Unspeckle'],
    ['win32', { APPDATA: '/roaming' }, '/roaming/Unspeckle'],
    ['win32', { APPDATA: '/roaming', UNSPECKLE_HOME: '/mine' }, '/mine'],
  ] as const)('on %s with %j is %s', (platform, env, expected) => {
    expect(homeFolder(env, platform, () => '/home/ann')).toBe(expected);
  });

  test('P7: is never below the folder one is in, and one that was chosen needs no account', () => {
    const { HOME } = process.env;
    try {
      for (const home of ['', 'relative']) {
        process.env['HOME'] = home;
        expect(isAbsolute(homeFolder({}, 'linux'))).toBe(true);
      }
    } finally {
      process.env['HOME'] = HOME;
    }
    const nobody = () => {
      throw new Error('no account');
    };
    expect(homeFolder({ UNSPECKLE_HOME: '/mine' }, 'linux', nobody)).toBe('/mine');
  });

  test('F12: keeps settings across runs and sets a bad file aside', async () => {
    const settings = () => new SettingsFile(placesIn(workshop.home));
    expect(await settings().read()).toEqual(defaultSettings);
    await settings().change((now) => ({ ...now, defaultModel: 'mine' }));
    expect((await settings().read()).defaultModel).toBe('mine');
    for (const bad of ['', '{"version":3}', '[]', '{"version":1,"defaultModel":7}']) {
      await writeFile(join(workshop.home, 'settings.json'), bad);
      const read = settings();
      expect(await read.read()).toEqual(defaultSettings);
      expect(read.trouble?.code).toBe('settings-invalid');
    }
    const aside = (await readdir(workshop.home)).filter((name) => name.startsWith('settings.json.bad'));
    expect(aside).toHaveLength(4);
  });

  test('F12: with nonsense in every file of it still starts and works', async () => {
    await workshop.picture('a.png');
    await mkdir(join(workshop.home, 'jobs/000007-abc'), { recursive: true });
    await mkdir(join(workshop.home, 'cache'));
    const files = [
      'settings.json',
      'outputs.jsonl',
      'jobs/000007-abc/job.json',
      'jobs/000007-abc/unfinished',
    ];
    for (const name of [...files, 'cache/backends.json', 'jobs/000007-abc/journal.jsonl']) {
      await writeFile(join(workshop.home, name), '\0{"x":');
    }
    const { report, jobId } = await follow(workshop.app(enginePath), workshop.job());
    expect(report.done).toHaveLength(1);
    expect(jobId).toMatch(/^000008-/);
  });
});

describe('measuring', () => {
  test('estimates each picture and tells why others cannot be', async () => {
    for (const name of ['a.png', 'b.png', 'c.png']) await workshop.picture(name);
    await workshop.picture('bad.png', 'fail');
    await workshop.picture('crash.png', 'crash');
    const { api } = workshop.app(enginePath);
    // A folder of such a name is passed over in silence, as a batch does.
    await mkdir(join(workshop.pictures, 'folder.png'));
    const paths = [workshop.pictures, join(workshop.folder, 'gone.png')];
    const results = await api.estimateNoise({ paths });
    const outcome = results.map((one) => [
      one.file.split('/').at(-1),
      'code' in one ? one.code : one.noiseFactor,
    ]);
    expect(Object.fromEntries(outcome)).toEqual({
      'a.png': 0.1,
      'b.png': 0.1,
      'c.png': 0.1,
      'bad.png': 'image-damaged',
      'crash.png': 'engine-crashed',
      'gone.png': 'path-not-found',
    });
    await mkdir(join(workshop.folder, 'none'));
    expect(await codeOf(api.estimateNoise({ paths: [join(workshop.folder, 'none')] }))).toBe('no-pictures');
  });

  test('refuses a backend that does not exist', async () => {
    const source = { kind: 'pairs', noisy: '/n', clean: '/c', noiseFactor: 'auto' } as const;
    const { api } = workshop.app(enginePath);
    expect(await codeOf(api.evaluate({ source, model: 'default', backend: 'cuda', threads: 0 }))).toBe(
      'argument-invalid',
    );
    expect(workshop.enginePids()).toEqual([]);
  });

  test('the doctor tells what is there, what is missing and what to do', async () => {
    await workshop.picture('a.png', 'fail disk-full');
    const app = workshop.app(enginePath);
    await follow(app, workshop.job());
    await writeFile(join(workshop.home, 'settings.json'), 'nonsense');
    const found = await app.api.diagnose({});
    expect(found).toMatchObject({ appVersion: '9.9.9', home: workshop.home, backend: { chosen: 'wasm' } });
    expect(found.models.map(({ id }) => id)).toEqual(['gaussian-small']);
    const advice = found.advice.map((said) => ('phrase' in said ? sayPhrase(said) : said.message)).join('\n');
    for (const word of ['npm run setup', '2.0 GB', '--resume', 'settings']) expect(advice).toContain(word);
  });
});

describe('a training', () => {
  const config = (more: Partial<TrainingConfig> = {}) =>
    trainingConfig.parse({
      folders: [workshop.pictures],
      name: 'My Model',
      network: { kind: 'classic', channels: 1 },
      length: { steps: 5 },
      ...more,
    });

  async function train(app: App, wanted: TrainingConfig, onEvent?: (event: JobEvent) => void) {
    const events: JobEvent[] = [];
    const ended = new Promise<JobSummary>((resolve) => {
      app.subscribe((event) => {
        events.push(event);
        onEvent?.(event);
        if (event.type === 'summary' && event.summary.kind !== 'clean') resolve(event.summary);
      });
    });
    const { jobId } = await app.api.startTraining({ config: wanted });
    return { jobId, summary: await ended, events };
  }

  test('streams its progress and ends in a model of its own name', async () => {
    const { summary, events, jobId } = await train(workshop.app(enginePath), config());
    expect(events.filter(({ type }) => type === 'training')).toHaveLength(5);
    const folder = join(workshop.home, 'models/my-model');
    expect(summary).toMatchObject({ kind: 'train', outcome: { model: 'my-model', folder, stopped: false } });
    const report = await readFile(join(workshop.home, 'jobs', jobId, 'report.json'), 'utf8');
    expect(JSON.parse(report)).toMatchObject({ outcome: { steps: 5 } });
  });

  test('keeps what it has learnt when it is stopped', async () => {
    const app = workshop.app(enginePath);
    const long = config({ length: { steps: 100_000 } });
    const { summary } = await train(app, long, (event) => {
      if (event.type === 'training' && event.progress.step === 3)
        void app.api.cancelJob({ jobId: event.jobId });
    });
    expect(summary).toMatchObject({ kind: 'train', outcome: { stopped: true } });
  });

  test('runs beside a batch, in a process that ends with it', async () => {
    await workshop.picture('a.png', 'wait 200');
    const app = workshop.app(enginePath);
    const training = train(app, config({ length: { steps: 40 } }));
    const batch = await follow(app, workshop.job());
    expect(batch.report.done).toHaveLength(1);
    expect((await training).summary.kind).toBe('train');
    expect(workshop.enginePids()).toHaveLength(2);
    expect(workshop.enginePids().filter(isRunning)).toHaveLength(1);
  });

  test('whose engine ends says so, and its name is free again', async () => {
    const app = workshop.app(enginePath);
    const crashed = await train(app, config({ name: 'crash' }));
    expect(crashed.summary).toMatchObject({ kind: 'failed', code: 'training-interrupted' });
    expect((await train(app, config({ name: 'crash' }))).summary.kind).toBe('failed');
  });

  test('is refused for a name that is taken and a start that is not there', async () => {
    const { api } = workshop.app(enginePath);
    expect(await codeOf(api.startTraining({ config: config({ name: 'Gaussian Small' }) }))).toBe(
      'model-protected',
    );
    expect(await codeOf(api.startTraining({ config: config({ from: 'nobody' }) }))).toBe('model-not-found');
    expect(await codeOf(api.startTraining({ config: { ...config(), batch: 0 } }))).toBe('argument-invalid');
    expect(workshop.enginePids()).toEqual([]);
  });
});

test('F13: a log line is one line, and one that never ends comes in pieces', () => {
  const lines: string[] = [];
  const split = lineSplitter((line) => lines.push(line), 10);
  for (const piece of ['one\r\ntw', 'o\n\n', 'x'.repeat(25), '\nend\n']) split(Buffer.from(piece));
  expect(lines).toEqual(['one', 'two', 'x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5), 'end']);
});
