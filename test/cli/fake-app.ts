import type { AppApi } from '../../contract/app-api.ts';
import type { CleanedPicture, CleanJob, CleanPlan, PlannedPicture } from '../../contract/clean.ts';
import { AppError, failureOf, type Failure } from '../../contract/errors.ts';
import type { CleanReport, JobEvent, JobSummary } from '../../contract/jobs.ts';
import type { ModelSummary } from '../../contract/model-card.ts';
import { namedNetworks } from '../../contract/network.ts';
import { settings } from '../../contract/settings.ts';
import type { TrainingOutcome, TrainingProgress, TrainingSurvey } from '../../contract/train.ts';
import type { RunningApp } from '../../cli/host.ts';

export interface Call {
  readonly method: keyof AppApi;
  readonly request: unknown;
}

export interface FakeApp extends RunningApp {
  /** Every call in order, but for reading the settings, which most commands begin with. */
  readonly calls: readonly Call[];
  readonly closed: () => boolean;
  emit(event: JobEvent): void;
  /** The request of the only call of a method. */
  requestOf<M extends keyof AppApi>(method: M): Parameters<AppApi[M]>[0];
}

type Overrides = Partial<AppApi> | ((emit: (event: JobEvent) => void) => Partial<AppApi>);

/** An app that cleans nothing: it answers as the contract says, and remembers what it was asked. */
export function fakeApp(overrides: Overrides = {}): FakeApp {
  const listeners = new Set<(event: JobEvent) => void>();
  const calls: Call[] = [];
  let closed = false;
  const emit = (event: JobEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const chosen = typeof overrides === 'function' ? overrides(emit) : overrides;
  const answers: AppApi = { ...defaultAnswers(emit), ...chosen };
  const api = Object.fromEntries(
    Object.entries(answers).map(([method, answer]) => [
      method,
      (request: never) => {
        if (method !== 'readSettings') calls.push({ method: method as keyof AppApi, request });
        return (answer as (request: never) => unknown)(request);
      },
    ]),
  ) as unknown as AppApi;
  return {
    api,
    calls,
    emit,
    closed: () => closed,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      closed = true;
      return Promise.resolve();
    },
    requestOf: (method) => {
      const of = calls.filter((call) => call.method === method);
      if (of.length !== 1) throw new Error(`${method} was called ${of.length} times`);
      return of[0]?.request as never;
    },
  };
}

export const jobId = 'job-1';

export function plannedPicture(source: string): PlannedPicture {
  const name = source.slice(source.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  return { source, folder: '/results', stem: `${name}_denoised`, bytes: 1000, modifiedMs: 1 };
}

export function cleanedPicture(source: string, changes: Partial<CleanedPicture> = {}): CleanedPicture {
  return {
    source,
    output: `/results/${plannedPicture(source).stem}.jpg`,
    width: 2000,
    height: 1000,
    pages: 1,
    megapixels: 2,
    format: 'jpeg',
    bitDepth: 8,
    model: 'gaussian-small',
    backend: 'onnx',
    noiseFactor: 25 / 255,
    noiseFactorSource: 'measured',
    unchanged: false,
    notices: [],
    seconds: { decode: 0.1, estimate: 0.1, network: 0.6, encode: 0.1, write: 0.1, total: 1 },
    outputBytes: 2000,
    outputSha256: 'b'.repeat(64),
    sourceSha256: 'a'.repeat(64),
    ...changes,
  };
}

export const failureWith = (source: string, error: AppError): { source: string } & Failure => ({
  source,
  ...failureOf(error),
});

export function reportOf(job: CleanJob, changes: Partial<CleanReport> = {}): CleanReport {
  const done = changes.done ?? job.inputs.map((source) => cleanedPicture(source));
  return {
    version: 1,
    jobId,
    job,
    appVersion: '0.1.0',
    started: '2026-01-01T00:00:00.000Z',
    finished: '2026-01-01T00:00:10.000Z',
    stopped: false,
    done,
    failed: [],
    skipped: [],
    pending: 0,
    megapixels: done.reduce((sum, { megapixels }) => sum + megapixels, 0),
    seconds: 10,
    ...changes,
  };
}

export const reportFile = '/home/person/.unspeckle/jobs/job-1/report.json';

export const cleanSummary = (report: CleanReport): JobSummary => ({ kind: 'clean', report, reportFile });

/** The events of a batch whose end is the report. */
export function batchEvents(report: CleanReport): JobEvent[] {
  const { done, failed, skipped } = report;
  const plan: CleanPlan = {
    pictures: [...done, ...failed].map(({ source }) => plannedPicture(source)),
    skipped,
  };
  return [
    { type: 'planned', jobId, plan },
    ...done.flatMap((picture): JobEvent[] => [
      { type: 'started', jobId, source: picture.source, megapixels: picture.megapixels },
      { type: 'progress', jobId, source: picture.source, fraction: 0.5 },
      { type: 'done', jobId, picture },
    ]),
    ...failed.flatMap((failure): JobEvent[] => [
      { type: 'started', jobId, source: failure.source, megapixels: null },
      { type: 'failed', jobId, ...failure },
    ]),
    { type: 'summary', jobId, summary: cleanSummary(report) },
  ];
}

/** Starts of jobs that play the events once the caller has its answer. */
export function playing(emit: (event: JobEvent) => void, events: readonly JobEvent[]) {
  return (): Promise<{ jobId: string }> => {
    setImmediate(() => events.forEach(emit));
    return Promise.resolve({ jobId });
  };
}

export const trainingProgress = (changes: Partial<TrainingProgress> = {}): TrainingProgress => ({
  step: 500,
  steps: 1000,
  loss: 0.0312,
  learningRate: 0.001,
  stepsPerSecond: 5.5,
  secondsLeft: 91,
  validation: null,
  verdict: { code: 'learning' },
  secondsSoFar: 90,
  ...changes,
});

export const trainingOutcome = (changes: Partial<TrainingOutcome> = {}): TrainingOutcome => ({
  model: 'my-camera',
  folder: '/home/person/.unspeckle/models/my-camera',
  steps: 1000,
  seconds: 180,
  pictures: 12,
  leftOut: [],
  stopped: false,
  endedBy: null,
  last: null,
  validation: { step: 1000, psnr: 30.5, noisyPsnr: 20.2, best: true },
  ...changes,
});

/** A folder with nothing to say against it. */
export const trainingSurvey = (changes: Partial<TrainingSurvey> = {}): TrainingSurvey => ({
  pictures: 30,
  files: 30,
  looked: 30,
  training: 27,
  validation: 3,
  sides: { smallest: 400, median: 800, largest: 1200 },
  depths: { '8': 28, '16': 2 },
  grey: 1,
  colour: 29,
  noiseFactor: 0.02,
  pairs: [],
  suggestedPairs: null,
  findings: [],
  samples: [],
  ...changes,
});

export const modelSummary: ModelSummary = {
  id: 'gaussian-small',
  name: 'Gaussian, small',
  bundled: true,
  isDefault: true,
  folder: '/program/model/pretrained/gaussian-small',
  bytes: 2_400_000,
  card: {
    version: 1,
    id: 'gaussian-small',
    name: 'Gaussian, small',
    purpose: 'Even noise in colour photographs.',
    network: namedNetworks['unet-small'],
    noise: { trained: 'gaussian:0-0.22', clippedShare: 0.5, largest: 0.22 },
    training: {
      sources: [{ name: 'photographs', pictures: 333, licence: 'CC0' }],
      pictures: 333,
      steps: 20_000,
      minutes: 70,
      seed: 1,
      batch: 16,
      patch: 64,
      threads: 1,
      machine: 'a CPU',
      finished: '2026-01-01T00:00:00.000Z',
      startedFrom: null,
      validation: { noisyPsnr: 20.2, psnr: 30.7 },
    },
    metrics: [
      {
        set: 'CBSD68',
        pictures: 68,
        noiseFactor: 25 / 255,
        clipped: false,
        psnr: 30.7,
        ssim: 0.87,
        noisyPsnr: 20.18,
        noisySsim: 0.4,
      },
    ],
    licence: 'MIT',
    credits: 'the photographers',
    appVersion: '0.1.0',
    weightsSha256: 'c'.repeat(64),
  },
};

function defaultAnswers(emit: (event: JobEvent) => void): AppApi {
  const unexpected = (): Promise<never> => Promise.reject(new Error('the test did not expect this call'));
  return {
    planClean: ({ job }) => Promise.resolve({ pictures: job.inputs.map(plannedPicture), skipped: [] }),
    startClean: ({ job }) => playing(emit, batchEvents(reportOf(job)))(),
    startTraining: playing(emit, [
      { type: 'training', jobId, progress: trainingProgress() },
      { type: 'summary', jobId, summary: { kind: 'train', outcome: trainingOutcome() } },
    ]),
    continueTraining: unexpected,
    pauseTraining: () => Promise.resolve(),
    surveyTraining: () => Promise.resolve(trainingSurvey()),
    cancelJob: () => Promise.resolve(),
    readReport: unexpected,
    estimateNoise: ({ paths }) =>
      Promise.resolve(
        paths.map((file) => ({
          file,
          noiseFactor: 0.1,
          channels: [0.1, 0.1, 0.1],
          clean: false,
          area: { x: 1, y: 2, width: 30, height: 40 },
          method: 'wavelets',
          seconds: 0.2,
        })),
      ),
    evaluate: unexpected,
    listModels: () => Promise.resolve([modelSummary]),
    showModel: ({ model }) =>
      model === 'absent'
        ? Promise.reject(new AppError('model-not-found', { model, known: 'gaussian-small' }))
        : Promise.resolve(modelSummary),
    exportModel: ({ file }) => Promise.resolve({ file, bytes: 2_400_000 }),
    importModel: () => Promise.resolve(modelSummary),
    removeModel: ({ model }) => Promise.resolve({ movedTo: `/home/person/.unspeckle/trash/${model}` }),
    bench: unexpected,
    compareImages: () => Promise.resolve({ psnr: 30, ssim: 0.9 }),
    diagnose: unexpected,
    readSettings: () => Promise.resolve(settings.parse({ version: 2 })),
    contactSheet: ({ output }) => Promise.resolve({ output }),
  };
}
