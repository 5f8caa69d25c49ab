import { z } from 'zod';
import { errorCodes } from '../../contract/errors.ts';
import { imageFormats } from '../../contract/image.ts';
import { surveyCodes } from '../../contract/train.ts';
import { noticeTexts, type NoticeCode } from '../../contract/texts/en.ts';

/**
 * What a script may rely on: the lines of `--json`, closed, so that a field that is renamed or added without
 * being described here fails a test.
 */

const path = z.string().startsWith('/');
const job = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fraction = z.number().min(0).max(1);
const seconds = z.number().min(0);
const count = z.int().min(0);
const errorCode = z.enum(errorCodes);
const exitCode = z.union([z.literal(0), z.literal(1), z.literal(3), z.literal(130), z.literal(143)]);

const planned = z.strictObject({
  type: z.literal('planned'),
  jobId: job.nullable(),
  index: z.int().min(1),
  pictures: z.int().min(1),
  source: path,
  output: path,
  bytes: count,
});

const started = z.strictObject({
  type: z.literal('started'),
  jobId: job,
  source: path,
  megapixels: z.number().positive().nullable(),
});

const progress = z.strictObject({ type: z.literal('progress'), jobId: job, source: path, fraction });

const done = z.strictObject({
  type: z.literal('done'),
  jobId: job,
  source: path,
  output: path,
  width: z.int().min(1),
  height: z.int().min(1),
  pages: z.int().min(1),
  megapixels: z.number().positive(),
  format: z.enum(imageFormats),
  bitDepth: z.union([z.literal(8), z.literal(16), z.literal(32)]),
  model: z.string().min(1),
  backend: z.string().min(1),
  noiseFactor: fraction,
  noiseFactorSource: z.enum(['measured', 'given']),
  unchanged: z.boolean(),
  notices: z.array(z.enum(Object.keys(noticeTexts) as NoticeCode[])),
  noticeTexts: z.array(z.string().min(1)),
  seconds,
  totalSeconds: seconds,
  decodeSeconds: seconds,
  estimateSeconds: seconds,
  networkSeconds: seconds,
  encodeSeconds: seconds,
  writeSeconds: seconds,
  megapixelsPerSecond: z.number().positive().nullable(),
  outputBytes: z.int().min(1),
  outputSha256: sha256,
  sourceSha256: sha256,
});

const failed = z.strictObject({
  type: z.literal('failed'),
  jobId: job,
  source: path,
  code: errorCode,
  message: z.string().min(1),
});

const skipped = z.strictObject({
  type: z.literal('skipped'),
  jobId: job.nullable(),
  source: path,
  code: z.union([errorCode, z.enum(['output-kept', 'own-output', 'duplicate', 'already-done'])]),
  message: z.string().min(1),
});

const restarted = z.strictObject({ type: z.literal('engine-restarted'), jobId: job, reason: z.string() });

const batchSummary = z.strictObject({
  type: z.literal('summary'),
  jobId: job,
  done: count,
  failed: count,
  skipped: count,
  pending: count,
  unchanged: count,
  stopped: z.boolean(),
  endedBy: errorCode.nullable(),
  megapixels: z.number().min(0),
  seconds,
  megapixelsPerSecond: z.number().min(0).nullable(),
  out: path.nullable(),
  report: path,
  exitCode,
});

export const batchLine = z.union([
  planned,
  started,
  progress,
  done,
  failed,
  skipped,
  restarted,
  batchSummary,
]);

export const planLine = z.union([
  planned,
  skipped,
  z.strictObject({
    type: z.literal('summary'),
    dryRun: z.literal(true),
    planned: count,
    skipped: count,
    exitCode,
  }),
]);

/** The last line when nothing could be done: what went wrong. */
export const errorSummary = z.strictObject({
  type: z.literal('summary'),
  code: errorCode,
  message: z.string().min(1),
  exitCode,
});

const failedFile = failed.omit({ jobId: true });

export const estimateLine = z.union([
  z.strictObject({
    type: z.literal('estimate'),
    file: path,
    noiseFactor: fraction,
    sigma: z.number().min(0).max(255),
    channels: z.array(fraction).min(1),
    clean: z.boolean(),
    areaX: count.nullable(),
    areaY: count.nullable(),
    areaWidth: count.nullable(),
    areaHeight: count.nullable(),
    method: z.string().min(1),
    seconds,
  }),
  failedFile,
  z.strictObject({
    type: z.literal('summary'),
    pictures: count,
    failed: count,
    noiseFactor: fraction.nullable(),
    method: z.string().nullable(),
    exitCode,
  }),
]);

const quality = {
  psnr: z.number(),
  ssim: z.number(),
  noisyPsnr: z.number(),
  noisySsim: z.number(),
  noiseFactor: fraction,
};

export const evaluateLine = z.union([
  z.strictObject({ type: z.literal('picture'), file: z.string().min(1), ...quality }),
  failedFile,
  z.strictObject({
    type: z.literal('summary'),
    pictures: count,
    ...quality,
    model: z.string(),
    backend: z.string(),
    seconds,
    failed: count,
    exitCode,
  }),
]);

/** What may be wrong with pictures of a training. */
const findingLine = z.union([
  z.strictObject({
    type: z.literal('finding'),
    code: z.enum(surveyCodes),
    weight: z.enum(['stop', 'warn', 'note']),
    count,
    message: z.string().min(1),
  }),
  z.strictObject({
    type: z.literal('finding-file'),
    code: z.enum(surveyCodes),
    source: path,
    message: z.string().min(1),
  }),
]);

export const trainingLine = z.union([
  findingLine,
  z.strictObject({
    type: z.literal('training-begun'),
    jobId: job,
    training: count,
    validation: count,
    pinned: z.array(path),
  }),
  z.strictObject({
    type: z.literal('training'),
    jobId: job,
    step: count,
    steps: count,
    loss: z.number(),
    learningRate: z.number(),
    stepsPerSecond: z.number(),
    secondsLeft: z.number(),
    seconds,
    psnr: z.number().nullable(),
    ssim: z.number().nullable(),
    noisyPsnr: z.number().nullable(),
    noisySsim: z.number().nullable(),
    blurPsnr: z.number().nullable(),
    blurSsim: z.number().nullable(),
    startPsnr: z.number().nullable(),
    startSsim: z.number().nullable(),
    best: z.boolean().nullable(),
    verdict: z.enum(['not-yet-known', 'learning', 'stopped-improving', 'gone-wrong']),
    checkpoint: z.union([errorCode, z.literal('written')]).optional(),
    snapshot: z.union([errorCode, z.literal('kept')]).optional(),
    resumedAt: count.optional(),
    backend: z.enum(['tensorflow', 'wasm']).optional(),
  }),
  restarted,
  z.strictObject({ type: z.literal('left-out'), source: path, message: z.string().min(1) }),
  z.strictObject({
    type: z.literal('summary'),
    model: z.string(),
    folder: path,
    steps: count,
    seconds,
    pictures: count,
    leftOut: count,
    stopped: z.boolean(),
    endedBy: errorCode.nullable(),
    psnr: z.number().nullable(),
    ssim: z.number().nullable(),
    noisyPsnr: z.number().nullable(),
    noisySsim: z.number().nullable(),
    blurPsnr: z.number().nullable(),
    startPsnr: z.number().nullable(),
    startSsim: z.number().nullable(),
    lastFolder: path.nullable(),
    exitCode,
  }),
]);

export const modelLine = z.strictObject({
  type: z.literal('model'),
  id: z.string(),
  name: z.string(),
  bundled: z.boolean(),
  isDefault: z.boolean(),
  folder: path,
  bytes: count,
  network: z.string(),
  channels: z.union([z.literal(1), z.literal(3)]),
  trainedNoise: z.string(),
  largestNoiseFactor: fraction,
  licence: z.string(),
  card: z.looseObject({ weightsSha256: sha256 }).optional(),
});

export const benchLine = z.union([
  z.strictObject({
    type: z.literal('bench'),
    backend: z.string(),
    model: z.string(),
    width: z.int().min(1),
    height: z.int().min(1),
    networkMegapixelsPerSecond: z.number().positive(),
    wholeMegapixelsPerSecond: z.number().positive(),
    shareOutsideNetwork: fraction,
    peakMemoryBytes: count,
    threads: count,
  }),
  z.strictObject({
    type: z.literal('summary'),
    results: count,
    fastest: z.string().nullable(),
    exitCode,
  }),
]);

export const doctorLine = z.union([
  z.strictObject({
    type: z.literal('backend'),
    name: z.string(),
    available: z.boolean(),
    description: z.string(),
    chosen: z.boolean(),
    megapixelsPerSecond: z.number().nullable(),
    difference: z.number().nullable(),
    refused: z.string().nullable(),
  }),
  z.strictObject({
    type: z.literal('model'),
    id: z.string(),
    bundled: z.boolean(),
    isDefault: z.boolean(),
    folder: path,
  }),
  z.strictObject({ type: z.literal('library'), name: z.string(), version: z.string() }),
  z.strictObject({ type: z.literal('advice'), message: z.string() }),
  z.strictObject({
    type: z.literal('summary'),
    appVersion: z.string(),
    home: path,
    node: z.string(),
    platform: z.string(),
    cores: z.int().min(1),
    memoryBytes: count,
    backend: z.string(),
    defaultModel: z.string().nullable(),
    defaultBackend: z.string(),
    defaultThreads: count,
    defaultMemory: count,
    models: count,
    advice: count,
    exitCode,
  }),
]);

export const demoLine = z.union([
  z.strictObject({
    type: z.literal('picture'),
    title: z.string(),
    source: path,
    output: path,
    noiseFactor: fraction,
    addedNoiseFactor: fraction.nullable(),
    seconds,
    megapixels: z.number().positive(),
    megapixelsPerSecond: z.number().positive(),
    noisyPsnr: z.number().nullable(),
    psnr: z.number().nullable(),
    notices: z.array(z.string()),
  }),
  failedFile,
  z.strictObject({
    type: z.literal('summary'),
    done: count,
    failed: count,
    stopped: z.boolean(),
    out: path.nullable(),
    contactSheet: path.nullable(),
    exitCode,
  }),
]);

/** Every line in the form of the schema, the last and only the last of type `summary`. */
export function checkLines(schema: z.ZodType, lines: readonly Record<string, unknown>[]): void {
  for (const line of lines) schema.parse(line);
  const summaries = lines.map(({ type }) => type === 'summary');
  if (summaries.indexOf(true) !== lines.length - 1) {
    throw new Error(`the last line, and no other, is the summary: ${JSON.stringify(lines)}`);
  }
}

export const checkLine = z.union([
  z.strictObject({ type: z.literal('pair'), noisy: path, clean: path }),
  findingLine,
  z.strictObject({
    type: z.literal('summary'),
    pictures: count,
    files: count,
    looked: count,
    training: count,
    validation: count,
    smallestSide: count.nullable(),
    medianSide: count.nullable(),
    largestSide: count.nullable(),
    bits8: count,
    bits16: count,
    bits32: count,
    grey: count,
    colour: count,
    noiseFactor: fraction.nullable(),
    sigma: z.number().min(0).max(255).nullable(),
    suggestedPairs: z.string().nullable(),
    exitCode,
  }),
]);
