/**
 * An engine without libraries: speaks the channel's protocol and does with each “picture” what its text says.
 * A picture is a PNG signature followed by commands, one per line; without commands it is cleaned at once.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError, failureOf, type ErrorCode } from '../../contract/errors.ts';
import type {
  CleanRequest,
  EngineApi,
  EngineEvent,
  FromEngine,
  ModelLocation,
  ToEngine,
  TrainRequest,
} from '../../contract/engine-api.ts';
import type { ImageSummary } from '../../contract/image.ts';
import { verbatim } from '../../contract/texts/fill-in.ts';
import { fakeSurvey, fakeThumbnail, fakeTraining } from './fake-training.ts';
import { publishFile } from '../../storage/publish.ts';

const state = process.env['FAKE_ENGINE_STATE'] ?? '';
const aborts = new Map<number, AbortController>();
let atWork = 0;
/** What it says that it holds. */
let memoryBytes = 2 ** 27;

const tell = (message: FromEngine) => process.send?.(message);

interface Context {
  readonly signal: AbortSignal;
  readonly send: (event: EngineEvent) => void;
}

/** True the first time it is asked for this file, also across processes. */
function once(file: string, what: string): boolean {
  const mark = join(state, `${basename(file)}.${what}`);
  if (existsSync(mark)) return false;
  writeFileSync(mark, '');
  return true;
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new AppError('cancelled'));
    });
  });
}

/** Ends when the test lets the picture go, however slow the machine is. */
async function held(file: string, signal: AbortSignal): Promise<void> {
  while (!existsSync(join(state, `${basename(file)}.released`))) await wait(10, signal);
}

async function obey(command: string, request: CleanRequest, { signal }: Context): Promise<void> {
  const { source, tileLimit } = request;
  const [verb = '', value] = command.split(' ');
  switch (verb) {
    case 'crash':
      return void process.kill(process.pid, 'SIGKILL');
    case 'crash-once':
      if (once(source, 'crashed')) process.kill(process.pid, 'SIGKILL');
      return;
    case 'abort-once':
      if (once(source, 'aborted')) process.abort();
      return;
    case 'hang':
      for (;;);
    case 'wait':
      return wait(Number(value), signal);
    case 'held':
      return held(source, signal);
    case 'leak':
      memoryBytes += Number(value);
      return;
    case 'grow':
    case 'size':
    case 'view-wait':
    case 'crash-inspect':
    case 'unreadable':
    case 'own':
    case 'clean-already':
      return;
    case 'deaf':
      return new Promise(() => {});
    case 'memory':
      if (tileLimit === null || tileLimit > Number(value)) {
        throw new AppError('out-of-memory', { file: source, reason: verbatim('told to') });
      }
      return;
    case 'changed-once':
      if (once(source, 'changed')) throw new AppError('input-changed', { file: source });
      return;
    case 'fail':
      throw new AppError(value as ErrorCode, {
        file: source,
        path: source,
        folder: source,
        reason: verbatim('told to'),
      });
    default:
      throw new Error(`unknown command ${command}`);
  }
}

async function cleanImage(request: CleanRequest, context: Context) {
  const { source } = request;
  const bytes = readFileSync(source);
  const commands = bytes.subarray(8).toString('utf8').split('\n').filter(Boolean);
  const { tileLimit, runtime } = request;
  appendFileSync(
    join(state, 'attempts.jsonl'),
    `${JSON.stringify({ name: basename(source), pid: process.pid, tileLimit, atWork, runtime, model: request.model.id, weights: request.model.weights, settings: request.settings })}\n`,
  );
  context.send({
    type: 'opened',
    summary: summaryOf(source),
  });
  const late = commands.filter((command) => command.startsWith('after-publishing'));
  for (const command of commands) if (!late.includes(command)) await obey(command, request, context);
  context.send({ type: 'progress', fraction: 0.5 });
  const growth = Number(commands.find((command) => command.startsWith('grow '))?.slice(5) ?? 0);
  const output = Buffer.concat([bytes, Buffer.from('\ncleaned'), Buffer.alloc(growth)]);
  const published = await publishFile({
    folder: request.outputFolder,
    stem: request.stem.replaceAll('{factor}', '0.100'),
    extension: 'png',
    bytes: output,
    jobId: request.jobId,
    onConflict: request.settings.onConflict,
    source,
    signal: context.signal,
    intents: request.intents,
  });
  for (const command of late) await obey(command.split(' ').slice(1).join(' '), request, context);
  if ('kept' in published) return { source, kept: published.kept };
  const sha256 = (of: Buffer) => createHash('sha256').update(of).digest('hex');
  return {
    source,
    output: published.path,
    width: 2000,
    height: 1000,
    pages: 1,
    megapixels: 2,
    format: 'png',
    bitDepth: 8,
    model: request.model.id,
    backend: request.runtime.backend,
    noiseFactor: 0.1,
    noiseFactorSource: 'measured',
    unchanged: commands.includes('clean-already'),
    notices: [],
    seconds: { decode: 0, estimate: 0, network: 0, encode: 0, write: 0, total: 0.01 },
    outputBytes: output.length,
    outputSha256: sha256(output),
    sourceSha256: sha256(bytes),
  } as const;
}

/** Pictures that are looked at, by name; gone with the process. */
const views = new Map<string, string>();
let nextView = 1;

function fileOf(view: string): string {
  const file = views.get(view);
  if (file === undefined) throw new AppError('view-not-found');
  return file;
}

const commandsOf = (file: string): string[] =>
  readFileSync(file).subarray(8).toString('utf8').split('\n').filter(Boolean);

function note(what: string, entry: object): void {
  appendFileSync(join(state, `${what}.jsonl`), `${JSON.stringify(entry)}\n`);
}

/** Pixels that tell who they are of; a picture that waits is stopped when asked to. */
async function viewPixels(
  { tile, model, runtime }: Parameters<EngineApi['viewPixels']>[0],
  { signal }: Context,
): Promise<unknown> {
  const file = fileOf(tile.view);
  if (commandsOf(file).includes('damaged-behind'))
    throw new AppError('image-damaged', { file, reason: verbatim('told to') });
  note('pixels', { view: tile.view, file: basename(file), model: model.id, runtime, pid: process.pid });
  const slow = commandsOf(file).find((command) => command.startsWith('view-wait '));
  if (slow) {
    await wait(Number(slow.slice(10)), signal).catch((error: unknown) => {
      note('dropped', { file: basename(file) });
      throw error;
    });
  }
  return { png: Buffer.from(JSON.stringify({ file: basename(file), layer: tile.layer })), complete: true };
}

const viewHandlers = {
  openView: async ({ file }: { file: string }, { signal }: Context) => {
    const slow = commandsOf(file).find((command) => command.startsWith('open-wait '));
    if (slow) await wait(Number(slow.slice(10)), signal);
    if (commandsOf(file).includes('unreadable'))
      throw new AppError('image-damaged', { file, reason: verbatim('told to') });
    const view = `engine-${nextView++}`;
    views.set(view, file);
    return { view, summary: summaryOf(file) };
  },
  measureView: ({ view }: { view: string }) => {
    const noise = { noiseFactor: 0.1, channels: [0.1], clean: false, area: null, method: '', seconds: 0 };
    return Promise.resolve({ file: fileOf(view), ...noise });
  },
  closeView: async ({ view }: { view: string }, { signal }: Context) => {
    const slow = commandsOf(fileOf(view)).find((command) => command.startsWith('close-wait '));
    if (slow) await wait(Number(slow.slice(11)), signal);
    note('closed', { view });
    views.delete(view);
  },
  viewPixels,
  completeView: async ({ view }: { view: string }, { send, signal }: Context) => {
    fileOf(view);
    for (const fraction of [0.25, 0.5, 1]) {
      await wait(10, signal);
      send({ type: 'view-progress', fraction });
    }
  },
  judgeResidual: ({ view }: { view: string }) => {
    fileOf(view);
    return Promise.resolve({ verdict: 'noise-only', structure: 0.01, removed: 0.1, noiseFactor: 0.1 });
  },
  scoreView: ({ view }: { view: string }) => {
    fileOf(view);
    const score = { psnr: 30, ssim: 0.9 };
    return Promise.resolve({ noisy: score, denoised: score, blur: score, median: score });
  },
};

function summaryOf(file: string): ImageSummary {
  const bytes = readFileSync(file);
  const size = commandsOf(file).find((command) => command.startsWith('size '));
  const [width = 2000, height = 1000] = size?.split(' ').slice(1).map(Number) ?? [];
  return {
    format: 'png',
    width,
    height,
    channels: 3,
    alpha: false,
    bitDepth: 8,
    pages: 1,
    bytes: bytes.length,
    ownOutput: commandsOf(file).includes('own'),
  };
}

async function inspectImage({ file }: { file: string }): Promise<ImageSummary> {
  note('inspected', { file: basename(file), atWork });
  const commands = commandsOf(file);
  if (commands.includes('crash-inspect')) process.kill(process.pid, 'SIGKILL');
  if (commands.includes('unreadable'))
    throw new AppError('image-damaged', { file, reason: verbatim('told to') });
  await new Promise((resolve) => setTimeout(resolve, 1));
  return summaryOf(file);
}

const handlers: { [M in keyof EngineApi]?: (request: never, context: Context) => Promise<unknown> } = {
  cleanImage,
  inspectImage,
  ...viewHandlers,
  describe: () =>
    Promise.resolve({
      node: process.version,
      platform: 'test',
      cores: 2,
      memoryBytes: 2 ** 31,
      backends: [
        {
          name: 'tensorflow',
          available: false,
          description: verbatim('TensorFlow is missing: run npm run setup.'),
        },
        { name: 'wasm', available: true, description: verbatim('WebAssembly') },
      ],
      images: {},
    }),
  chooseBackend: ({ choice, threads }: { choice: string; threads: number }) => {
    appendFileSync(join(state, 'choices.jsonl'), `${JSON.stringify({ choice, threads })}\n`);
    if (choice === 'onnx') {
      return Promise.reject(
        new AppError('backend-unavailable', { backend: 'onnx', reason: verbatim('told to') }),
      );
    }
    const tried = [{ name: 'wasm', megapixelsPerSecond: 1, difference: 0, refused: null }];
    return Promise.resolve({ chosen: 'wasm', tried });
  },
  estimateNoise: async ({ file }: { file: string }) => {
    const text = readFileSync(file, 'utf8');
    if (text.includes('crash')) process.kill(process.pid, 'SIGKILL');
    if (text.includes('fail')) throw new AppError('image-damaged', { file, reason: verbatim('told to') });
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { file, noiseFactor: 0.1, channels: [0.1], clean: false, area: null, method: 'fake', seconds: 0 };
  },
  onnxFile: ({ model }: { model: ModelLocation }) =>
    Promise.resolve({ bytes: Buffer.from(`onnx of ${model.id}`) }),
  checkModel: ({ folder }: { folder: string }) => {
    const model = readFileSync(join(folder, 'model.json'), 'utf8');
    if (model.includes('hang')) for (;;);
    if (model.includes('crash')) process.kill(process.pid, 'SIGKILL');
    if (model.includes('bad')) {
      return Promise.reject(
        new AppError('model-invalid', { model: 'it', reason: verbatim('weights are not finite') }),
      );
    }
    const file = join(folder, 'card.json');
    const card: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
    const network = { kind: 'classic', channels: 1 };
    return Promise.resolve({ card, network, parameters: 10, reducesNoise: !model.includes('useless') });
  },
  train: (request: TrainRequest, context: Context) => fakeTraining(request, context, once),
  surveyTraining: fakeSurvey,
  thumbnail: fakeThumbnail,
};

async function answer(message: ToEngine & { type: 'request' }): Promise<void> {
  const { id, method, request } = message;
  const abort = new AbortController();
  aborts.set(id, abort);
  atWork++;
  try {
    const handler = handlers[method];
    if (!handler) throw new Error(`the fake engine has no ${method}`);
    const context: Context = { signal: abort.signal, send: (event) => tell({ type: 'event', id, event }) };
    const value = await handler(request as never, context);
    tell({ type: 'reply', id, reply: { ok: true, value } });
  } catch (error) {
    tell({ type: 'reply', id, reply: { ok: false, ...failureOf(error) } });
  } finally {
    atWork--;
    aborts.delete(id);
  }
}

process.on('message', (message: ToEngine) => {
  if (message.type === 'cancel') aborts.get(message.id)?.abort();
  else void answer(message);
});
process.on('disconnect', () => process.exit(0));
setInterval(() => tell({ type: 'beat', memoryBytes }), 50);
writeFileSync(join(state, 'environment.json'), JSON.stringify(process.env));
appendFileSync(join(state, 'pids'), `${process.pid}\n`);
console.error('the fake engine speaks');
if (process.env['FAKE_ENGINE_BROKEN']) process.exit(7);
tell({ type: 'ready', pid: process.pid });
