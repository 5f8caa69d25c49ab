import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import yazl from 'yazl';
import { CleanRecord } from '../../app/clean/clean-record.ts';
import { KnownOutputs } from '../../app/clean/known-outputs.ts';
import { JobStore } from '../../app/jobs/job-store.ts';
import { duplicateModel } from '../../app/models/duplicate-model.ts';
import { importModel } from '../../app/models/import-model.ts';
import { ModelLibrary } from '../../app/models/model-library.ts';
import { placesIn } from '../../app/places.ts';
import { defaultSettings, SettingsFile } from '../../app/settings.ts';
import { Snapshots } from '../../app/training/snapshots.ts';
import { cleanJob, type CleanedPicture } from '../../contract/clean.ts';
import { failureOf } from '../../contract/errors.ts';
import { snapshotFolder } from '../../contract/snapshots.ts';
import { trainingConfig } from '../../contract/train.ts';
import type { Checkpoint } from '../../engine/training/checkpoint.ts';
import { CheckpointStore } from '../../engine/training/checkpoint-store.ts';
import { removeUnrecorded } from '../../storage/intents.ts';
import { Journal, readJournal } from '../../storage/journal.ts';
import { removeLeftovers } from '../../storage/leftovers.ts';
import { publishFile, type PublishRequest } from '../../storage/publish.ts';

/** One write of something that must never be torn, by the code that the app writes it with. */
export interface Writer {
  /** Makes the state before it. */
  prepare(folder: string): Promise<void>;
  /** As a run of the app does it: begun anew after a kill it clears up, and completes. */
  write(folder: string): Promise<void>;
  /** Which of the two is there. @throws when it is neither */
  look(folder: string): Promise<'old' | 'new'>;
  /** What a kill may leave for later runs to remove, digits as `#`. */
  readonly mayStay?: RegExp;
}

const oldBytes = Buffer.alloc(40_000, 'old');
const newBytes = Buffer.alloc(300_000, 'new');

function eitherOf(bytes: Buffer): 'old' | 'new' {
  if (bytes.equals(oldBytes)) return 'old';
  if (bytes.equals(newBytes)) return 'new';
  throw new Error(`torn: ${bytes.length} bytes`);
}

const stems = ['a', 'b', 'c', 'd', 'e'];

/** Five results one after the other, beside their source: over older ones, or under names that are free. */
function results(onConflict: PublishRequest['onConflict']): Writer {
  const out = (folder: string) => join(folder, 'out');
  const source = (folder: string) => join(folder, 'source.png');
  const intentsOf = (folder: string) => join(folder, 'intents.jsonl');
  return {
    async prepare(folder) {
      await mkdir(out(folder));
      await writeFile(source(folder), newBytes);
      if (onConflict !== 'overwrite') return;
      for (const stem of stems) await writeFile(join(out(folder), `${stem}.png`), oldBytes);
    },
    async write(folder) {
      await removeLeftovers(out(folder), 'job-1');
      if (onConflict !== 'overwrite') await removeUnrecorded(intentsOf(folder), new Set());
      for (const stem of stems) {
        await publishFile({
          folder: out(folder),
          stem,
          extension: 'png',
          bytes: newBytes,
          jobId: 'job-1',
          onConflict,
          source: source(folder),
          intents: intentsOf(folder),
          times: { accessedMs: 1e12, modifiedMs: 1e12 },
          mode: 0o640,
          verify: async (part) => {
            if (!(await readFile(part)).equals(newBytes)) throw new Error('not what was written');
          },
        });
      }
    },
    async look(folder) {
      if (!(await readFile(source(folder))).equals(newBytes)) throw new Error('the source changed');
      const states: ('old' | 'new')[] = [];
      for (const stem of stems) {
        const found = await readFile(join(out(folder), `${stem}.png`)).catch(() => null);
        if (found === null && onConflict === 'overwrite') throw new Error('the old one is gone');
        states.push(found === null ? 'old' : eitherOf(found));
      }
      return states.includes('old') ? 'old' : 'new';
    },
  };
}

function checkpointOf(step: number, values: number): Checkpoint {
  const tensors = () => new Map([['w', { shape: [values], values: new Float32Array(values).fill(step) }]]);
  const config = trainingConfig.parse({
    folders: ['/pictures'],
    name: 'sweep',
    network: { kind: 'classic', channels: 1 },
    length: { steps: 10 },
  });
  const best = { step, psnr: step, noisyPsnr: 0, best: true };
  const record: Checkpoint['record'] = {
    config,
    seconds: step,
    pictures: [],
    pool: { taken: 0, batches: step, full: true, residents: [], pending: null },
    best: { found: best, saved: true, owed: false },
    curve: { validations: [best], lossSum: 0, lossSteps: 0 },
  };
  const adam = { steps: step, first: tensors(), second: tensors() };
  return { record, learner: { step, typicalError: null, weights: tensors(), averaged: tensors(), adam } };
}

/** The fourth and fifth checkpoint of a training; older ones go as they come. */
const checkpoint: Writer = {
  async prepare(folder) {
    const store = new CheckpointStore(join(folder, 'checkpoints'));
    await store.open(true);
    for (const step of [1, 2, 3]) await store.save(checkpointOf(step, 2000));
  },
  async write(folder) {
    const store = new CheckpointStore(join(folder, 'checkpoints'));
    await store.open(false);
    const latest = await store.latest();
    for (let step = (latest?.checkpoint.learner.step ?? 0) + 1; step <= 5; step++) {
      await store.save(checkpointOf(step, 2000));
    }
  },
  async look(folder) {
    const latest = await new CheckpointStore(join(folder, 'checkpoints')).latest();
    if (!latest || latest.broken.length > 0) throw new Error('a torn checkpoint has a name');
    const { step, weights } = latest.checkpoint.learner;
    if (![3, 4, 5].includes(step)) throw new Error(`the latest is of step ${step}`);
    if (!weights.get('w')?.values.every((value) => value === step))
      throw new Error('weights of another step');
    return step === 3 ? 'old' : 'new';
  },
};

const parts = { 'model.json': Buffer.from(`{"x":"${'y'.repeat(5000)}"}`), 'weights.bin': newBytes };

function libraryOf(folder: string) {
  const places = placesIn(join(folder, 'home'));
  return { places, library: new ModelLibrary({ bundled: join(folder, 'none'), places }) };
}

/** A stranger's model comes in under the name `mine`. What an engine would say of it is left out: it writes nothing. */
async function bringIn(folder: string, path: string): Promise<void> {
  const checked = {
    card: null,
    network: { kind: 'classic' as const, channels: 1 as const },
    parameters: 1,
    reducesNoise: true,
  };
  const context = { ...libraryOf(folder), appVersion: '0.0.0', check: () => Promise.resolve(checked) };
  await importModel({ path, name: 'mine' }, context).catch((error: unknown) => {
    // The one before had come so far: it is whole.
    if (failureOf(error).code !== 'model-exists') throw error;
  });
}

async function writeFolder(folder: string, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return folder;
}

/** The models that are there, by id. @throws when one is torn */
async function modelsIn(folder: string): Promise<Map<string, Buffer>> {
  const { models, broken } = await libraryOf(folder).library.list();
  if (broken.length > 0) throw new Error(`torn: ${JSON.stringify(broken[0])}`);
  const found = new Map<string, Buffer>();
  for (const { id, folder: place } of models) {
    if (!(await readFile(join(place, 'model.json'))).equals(parts['model.json']))
      throw new Error(`the declaration of ${id} is torn`);
    found.set(id, await readFile(join(place, 'weights.bin')));
  }
  return found;
}

/** A stranger's model, from a folder or a zip. */
function modelImport(kind: 'folder' | 'zip'): Writer {
  return {
    async prepare(folder) {
      await writeFolder(join(folder, 'theirs'), parts);
      const zip = new yazl.ZipFile();
      for (const [name, bytes] of Object.entries(parts)) zip.addBuffer(bytes, name);
      zip.end();
      await finished(zip.outputStream.pipe(createWriteStream(join(folder, 'theirs.zip'))));
    },
    async write(folder) {
      await bringIn(folder, join(folder, kind === 'zip' ? 'theirs.zip' : 'theirs'));
    },
    async look(folder) {
      const weights = (await modelsIn(folder)).get('mine');
      if (!weights) return 'old';
      if (eitherOf(weights) === 'old') throw new Error('weights of something else');
      return 'new';
    },
  };
}

/** What a training has learnt takes the place of what it had learnt before, under the same name. */
const trainedModel: Writer = {
  async prepare(folder) {
    await bringIn(folder, await writeFolder(join(folder, 'theirs'), { ...parts, 'weights.bin': oldBytes }));
    const card = await readFile(join(folder, 'home/models/mine/card.json'));
    await writeFolder(join(folder, 'snapshots', snapshotFolder(5)), { ...parts, 'card.json': card });
  },
  async write(folder) {
    const place = await libraryOf(folder).library.ownPlace('mine');
    await new Snapshots(join(folder, 'snapshots')).becomeModel(5, place.folder);
  },
  async look(folder) {
    const weights = (await modelsIn(folder)).get('mine');
    if (!weights) throw new Error('the model is gone');
    return eitherOf(weights);
  },
};

const copiedModel: Writer = {
  async prepare(folder) {
    await bringIn(folder, await writeFolder(join(folder, 'theirs'), parts));
  },
  async write(folder) {
    const { library, places } = libraryOf(folder);
    const { models } = await library.list();
    if (models.some(({ id }) => id === 'copy')) return;
    await duplicateModel(await library.find('mine'), 'Copy', library, places);
  },
  async look(folder) {
    const models = await modelsIn(folder);
    if (models.get('mine')?.equals(newBytes) !== true) throw new Error('the model that was copied is gone');
    const copy = models.get('copy');
    if (copy && !copy.equals(newBytes)) throw new Error('the copy is torn');
    return copy ? 'new' : 'old';
  },
};

const settings: Writer = {
  async prepare(folder) {
    const file = new SettingsFile(placesIn(join(folder, 'home')));
    await file.change((now) => ({ ...now, theme: 'light' }));
  },
  async write(folder) {
    const file = new SettingsFile(placesIn(join(folder, 'home')));
    await file.change((now) => ({ ...now, theme: 'dark' }));
  },
  async look(folder) {
    const file = new SettingsFile(placesIn(join(folder, 'home')));
    const read = await file.read();
    if (file.trouble) throw file.trouble;
    if (read.theme === defaultSettings.theme) throw new Error('the settings are gone');
    return read.theme === 'dark' ? 'new' : 'old';
  },
};

/** Twenty, so that a kill falls between any two calls of some. */
const lines = Array.from({ length: 20 }, (_, index) => index + 1).map((number) => ({
  number,
  text: 'x'.repeat(3000),
}));

/** Lines, each of which is there whole or is the torn last one. */
const journal: Writer = {
  async prepare(folder) {
    const opened = await Journal.open(join(folder, 'journal.jsonl'));
    await opened.append({ number: 0 });
    await opened.close();
  },
  async write(folder) {
    const path = join(folder, 'journal.jsonl');
    const { records } = await readJournal(path);
    const opened = await Journal.open(path);
    for (const line of lines.slice(records.length - 1)) await opened.append(line);
    await opened.close();
  },
  async look(folder) {
    const { records, unreadable } = await readJournal(join(folder, 'journal.jsonl'));
    if (unreadable > 1) throw new Error(`${unreadable} torn lines`);
    const wanted = [{ number: 0 }, ...lines].slice(0, records.length);
    if (records.length === 0 || JSON.stringify(records) !== JSON.stringify(wanted)) {
      throw new Error('lines are missing or altered');
    }
    return records.length === 1 ? 'old' : 'new';
  },
};

const picture = {
  source: '/pictures/a.png',
  outputBytes: newBytes.length,
  outputSha256: '0'.repeat(64),
  unchanged: false,
};

/** A finished picture, written down among all results and in the journal of its batch. */
const record: Writer = {
  async prepare(folder) {
    await writeFile(join(folder, 'a.png'), newBytes);
  },
  async write(folder) {
    const known = new KnownOutputs(join(folder, 'outputs.jsonl'));
    const opened = await CleanRecord.open(folder, known);
    if (opened.done.length === 0) {
      await opened.addDone({ ...picture, output: join(folder, 'a.png') } as unknown as CleanedPicture);
    }
    await opened.close();
    await known.close();
  },
  async look(folder) {
    const { records, unreadable } = await readJournal(join(folder, 'journal.jsonl'));
    const known = await readJournal(join(folder, 'outputs.jsonl'));
    if (unreadable + known.unreadable > 1) throw new Error('more than one torn line');
    const done = records.filter((one) => (one as { type: string }).type === 'done').length;
    // What the journal calls done is always known as a result.
    if (done > known.records.length) throw new Error('a result that nobody would know again');
    return done === 0 ? 'old' : 'new';
  },
};

/** What is written before the first picture: the plan, and that it is not done. */
const job: Writer = {
  async prepare(folder) {
    await mkdir(join(folder, 'home'));
  },
  async write(folder) {
    const store = new JobStore(placesIn(join(folder, 'home')));
    const jobId = await store.begin();
    const asked = cleanJob.parse({ kind: 'clean', inputs: ['/pictures'], out: '/out', settings: {} });
    const plan = {
      pictures: Array.from({ length: 300 }, (_, index) => ({
        source: `/pictures/${index}.png`,
        folder: '/out',
        stem: `${index}`,
        bytes: 1,
        modifiedMs: 1,
      })),
      skipped: [],
    };
    const key = 'key';
    await store.write({ version: 1, kind: 'clean', jobId, key, appVersion: '0', started: '', model: 'm', job: asked, plan }); // prettier-ignore
  },
  async look(folder) {
    const store = new JobStore(placesIn(join(folder, 'home')));
    const unfinished = await store.unfinished('key');
    const read = await store.findUnfinished('key');
    if (unfinished.length > 0 && read?.plan.pictures.length !== 300)
      throw new Error('a job that cannot be read');
    return read ? 'new' : 'old';
  },
  // A job that never began keeps its folder until old jobs are pruned.
  mayStay: /^home\/jobs\/#\/\.(?:job\.json|unfinished)\.#-#\.tmp$/,
};

export const writers: Readonly<Record<WriterName, Writer>> = {
  'results over older ones': results('overwrite'),
  'results under free names': results('rename'),
  'a checkpoint': checkpoint,
  'a model imported from a folder': modelImport('folder'),
  'a model imported from a zip': modelImport('zip'),
  'a trained model over an earlier one': trainedModel,
  'a copy of a model': copiedModel,
  settings,
  'lines of a journal': journal,
  'a finished picture written down': record,
  'the plan of a batch': job,
};

export type WriterName =
  | 'results over older ones'
  | 'results under free names'
  | 'a checkpoint'
  | 'a model imported from a folder'
  | 'a model imported from a zip'
  | 'a trained model over an earlier one'
  | 'a copy of a model'
  | 'settings'
  | 'lines of a journal'
  | 'a finished picture written down'
  | 'the plan of a batch';

/** Copies what a writer found before it, to begin again from there. */
export async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else await copyFile(source, target);
  }
}
