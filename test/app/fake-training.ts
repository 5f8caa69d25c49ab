/**
 * A training without a network: each step takes a moment, each fifth is a checkpoint that lies on the disk as a real
 * one's would, and what its name tells it to do is done: `crash` (at once, always), `crash-once` and `crash-late` (after
 * step 7; the first time, or each time), `diverge` (after step 7), `full` (no checkpoint can be written).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, failureOf } from '../../contract/errors.ts';
import type { EngineEvent, SurveyRequest, TrainRequest } from '../../contract/engine-api.ts';
import type { ModelCard } from '../../contract/model-card.ts';
import { pinnedFolder, snapshotFolder } from '../../contract/snapshots.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { TrainingOutcome, TrainingProgress, TrainingSurvey, Validation } from '../../contract/train.ts';

interface Context {
  readonly signal: AbortSignal;
  readonly send: (event: EngineEvent) => void;
}

const STEP_MS = 10;
const CHECKPOINT_STEPS = 5;

export async function fakeTraining(
  request: TrainRequest,
  { signal, send }: Context,
  once: (file: string, what: string) => boolean,
): Promise<TrainingOutcome> {
  const { config, target, resume = false, checkpoints = '' } = request;
  if (config.name === 'crash') process.kill(process.pid, 'SIGKILL');
  const steps = 'steps' in config.length ? config.length.steps : 1000;
  const start = resume ? lastCheckpoint(checkpoints) : 0;
  const validations: Validation[] = [];
  for (let at = CHECKPOINT_STEPS; at <= start; at += CHECKPOINT_STEPS) validations.push(validationAt(at));
  const pinned = (request.pinned ?? []).map(({ file, page }) => ({
    ...{ file, name: file, page, validation: true, width: 1, height: 1, hasClean: false },
  }));
  writeFiles(join(request.snapshots ?? '', pinnedFolder), { 'noisy-0.png': 'noisy', 'clean-0.png': 'clean' });
  send({ type: 'training-begun', begun: { training: 9, validation: 1, leftOut: 0, pinned } });
  let step = start;
  let diverged = false;
  while (step < steps && !signal.aborted && !diverged) {
    step++;
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    diverged = config.name === 'diverge' && step === 7;
    if (step === 7 && config.name === 'crash-late') process.kill(process.pid, 'SIGKILL');
    if (step === 7 && config.name === 'crash-once' && once(config.name, 'killed')) {
      process.kill(process.pid, 'SIGKILL');
    }
    const due = step % CHECKPOINT_STEPS === 0;
    const news = due ? checkpoint(request, step) : {};
    const began = config.from === null ? {} : { startPsnr: 20, startSsim: 0.5 };
    if (due) validations.push({ ...validationAt(step), ...began });
    send({
      type: 'training',
      progress: {
        ...{ step, steps, loss: 1 / step, learningRate: 1e-3, stepsPerSecond: 50, secondsLeft: 1 },
        validation: due ? validations.at(-1)! : null,
        verdict: { code: 'not-yet-known' },
        secondsSoFar: step / 50,
        ...(step === start + 1 && start > 0
          ? { resumed: { step: start, validations, broken: [], changed: [] } }
          : {}),
        ...(step === 1 && config.from !== null ? { start: { ...validationAt(0), startPsnr: 20 } } : {}),
        ...news,
      },
    });
  }
  if (step === 0 && signal.aborted) throw new AppError('cancelled');
  writeModel(target.folder, target.id, step);
  const endedBy = diverged ? failureOf(new AppError('training-diverged', { step, learningRate: 1 })) : null;
  return {
    model: target.id,
    folder: target.folder,
    steps: step,
    seconds: step / 50,
    pictures: 9,
    leftOut: [],
    stopped: signal.aborted,
    endedBy,
    validation: validations.at(-1) ?? null,
    last: null,
  };
}

const validationAt = (step: number): Validation => ({
  step,
  psnr: 20 + step / 10,
  ssim: 0.5,
  noisyPsnr: 20,
  noisySsim: 0.3,
  blurPsnr: 21,
  blurSsim: 0.4,
  best: true,
  ...(step > 0 ? { loss: 1 / step } : {}),
});

function checkpoint(
  { config, checkpoints = '', snapshots = '', target }: TrainRequest,
  step: number,
): Pick<TrainingProgress, 'checkpoint' | 'snapshot'> {
  if (config.name === 'full') {
    const failure = failureOf(new AppError('disk-full', { path: checkpoints }));
    return { checkpoint: { step, failure }, snapshot: { step, failure } };
  }
  writeFiles(join(checkpoints, `checkpoint-${String(step).padStart(6, '0')}`), { 'state.json': '{}' });
  const place = join(snapshots, snapshotFolder(step));
  writeModel(place, target.id, step);
  writeFiles(place, { 'after-0.png': `after ${step}`, 'before-after.png': `strip ${step}` });
  return { checkpoint: { step, failure: null }, snapshot: { step, failure: null } };
}

function lastCheckpoint(folder: string): number {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return Number(/\d+$/.exec(names.at(-1) ?? '')?.[0] ?? 0);
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

/** Its weights are the number of its step. */
function writeModel(folder: string, id: string, step: number): void {
  rmSync(folder, { recursive: true, force: true });
  const card: ModelCard = {
    version: 1,
    id,
    name: id,
    purpose: '',
    network: { kind: 'classic', channels: 1 },
    noise: { trained: 'gaussian:0-0.22', clippedShare: 0.5, largest: 0.22 },
    training: {
      sources: [],
      pictures: 9,
      steps: step,
      minutes: 0,
      seed: 0,
      batch: 1,
      patch: 8,
      threads: 1,
      machine: '',
      finished: '',
      startedFrom: null,
      validation: null,
    },
    metrics: [],
    licence: '',
    credits: '',
    appVersion: '',
    weightsSha256: '0'.repeat(64),
  };
  const files = { 'model.json': '{}', 'weights.bin': String(step), 'card.json': JSON.stringify(card) };
  writeFiles(folder, files);
}

/** What a folder that is well looks like; its first two files are the samples. */
export async function fakeSurvey(
  { folders }: SurveyRequest,
  { signal, send }: Context,
): Promise<TrainingSurvey> {
  const [folder = ''] = folders;
  for (const fraction of [0.5, 1]) {
    send({ type: 'survey', fraction });
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (signal.aborted) throw new AppError('cancelled');
  }
  const names = readdirSync(folder).sort();
  return {
    pictures: names.length,
    files: names.length,
    looked: names.length,
    training: names.length - 1,
    validation: 1,
    sides: { smallest: 10, median: 20, largest: 30 },
    depths: { '8': names.length },
    grey: 0,
    colour: names.length,
    noiseFactor: 0.01,
    pairs: [],
    suggestedPairs: null,
    findings: [
      {
        code: 'too-flat',
        weight: 'warn',
        details: { count: 1 },
        files: [{ file: join(folder, names[0] ?? ''), reason: phrase('seen-flat') }],
      },
    ],
    samples: names.slice(0, 2).map((name, i) => ({
      file: join(folder, name),
      name,
      page: 0,
      clean: null,
      validation: i === 0,
    })),
  };
}

export const fakeThumbnail = ({ file }: { readonly file: string }) =>
  Promise.resolve({ png: Buffer.from(`small ${readFileSync(file).length}`) });
