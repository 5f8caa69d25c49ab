import { extname } from 'node:path';
import type { AppApi, EstimateResult } from '../contract/app-api.ts';
import {
  backendNames,
  type BackendChoice,
  type BackendMeasurement,
  type BackendName,
} from '../contract/backend.ts';
import { AppError, failureOf, isCancelled } from '../contract/errors.ts';
import { locationOf, type EngineEvent } from '../contract/engine-api.ts';
import { imageFormats, type ImageFormat } from '../contract/image.ts';
import type { EvaluatedPicture } from '../contract/measure.ts';
import type { ModelSummary } from '../contract/model-card.ts';
import { phrase } from '../contract/texts/fill-in.ts';
import { scan } from './inputs/scan.ts';
import type { EngineSupervisor } from './supervision/engine-supervisor.ts';

export interface MeasurementsOptions {
  readonly engine: EngineSupervisor;
  readonly home: string;
  readonly model: (id: string, threads: number) => Promise<ModelSummary>;
  readonly backend: (
    model: ModelSummary,
    choice: BackendChoice,
    threads: number,
  ) => Promise<BackendMeasurement>;
}

type Request<M extends keyof AppApi> = Parameters<AppApi[M]>[0];

/** Why a batch passes something over in silence, unless it was named itself. */
const passedOver: ReadonlySet<string> = new Set(['not-a-regular-file', 'outside-folder', 'folder-loop']);

/** Pictures that are estimated at the same time: one is read while another is measured. */
const together = 2;

/** Everything that measures and writes nothing, or a picture for looking at. */
export class Measurements {
  readonly #options: MeasurementsOptions;

  constructor(options: MeasurementsOptions) {
    this.#options = options;
  }

  /** In the order of the paths; what cannot be read stands in its place with the reason. */
  async estimateNoise({ paths }: Request<'estimateNoise'>): Promise<EstimateResult[]> {
    const { files, skipped } = await scan(paths, { avoid: [this.#options.home] });
    if (files.length === 0 && skipped.length === 0) {
      throw new AppError('no-pictures', { paths: paths.map((path) => `“${path}”`).join(', ') });
    }
    this.#options.engine.forgive();
    const results: EstimateResult[] = [];
    for (let at = 0; at < files.length; at += together) {
      const some = files.slice(at, at + together).map(({ source }) => this.#estimate(source));
      results.push(...(await Promise.all(some)));
    }
    for (const { source, code, details } of skipped) {
      if (code === 'output-kept' || code === 'own-output' || code === 'duplicate' || code === 'already-done')
        continue;
      // What is no picture is of no interest in a folder, and an answer to whoever named it.
      if (passedOver.has(code) && !paths.includes(source)) continue;
      results.push({ file: source, ...failureOf(new AppError(code, details)) });
    }
    return results;
  }

  async #estimate(file: string): Promise<EstimateResult> {
    try {
      return await this.#options.engine.callTwice('estimateNoise', { file }, file);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === 'engine-unavailable' || isCancelled(error)) throw error;
      return { file, ...failure };
    }
  }

  async evaluate(request: Request<'evaluate'>): ReturnType<AppApi['evaluate']> {
    const { engine } = this.#options;
    const choice = backendChoice(request.backend);
    engine.forgive();
    const model = await this.#options.model(request.model, request.threads);
    await engine.useThreads(request.threads);
    const { chosen } = await this.#options.backend(model, choice, request.threads);
    const pictures: EvaluatedPicture[] = [];
    const unreadable: Awaited<ReturnType<AppApi['evaluate']>>['unreadable'][number][] = [];
    const onEvent = (event: EngineEvent) => {
      if (event.type === 'evaluated') pictures.push(event.picture);
      if (event.type === 'unreadable') unreadable.push({ file: event.file, ...event.failure });
    };
    const summary = await engine.callTwice(
      'evaluate',
      {
        source: request.source,
        model: locationOf(model),
        runtime: { backend: chosen, threads: request.threads },
      },
      request.source.kind === 'pairs' ? request.source.noisy : request.source.folder,
      { onEvent },
    );
    return { summary, pictures, unreadable };
  }

  async bench(request: Request<'bench'>): ReturnType<AppApi['bench']> {
    const { engine } = this.#options;
    const choices = request.backends.map(backendChoice);
    engine.forgive();
    const model = await this.#options.model(request.model, request.threads);
    await engine.useThreads(request.threads);
    return engine.callTwice(
      'bench',
      {
        model: locationOf(model),
        backends: await this.#namedBackends(choices),
        sizes: request.sizes,
        threads: request.threads,
      },
      model.folder,
    );
  }

  /** Without names, or with `auto`: all that work here. */
  async #namedBackends(choices: readonly BackendChoice[]): Promise<BackendName[]> {
    const named = choices.filter((choice): choice is BackendName => choice !== 'auto');
    if (named.length === choices.length && named.length > 0) return named;
    const { backends } = await this.#options.engine.callTwice('describe', {}, 'describe');
    const here = backends.filter(({ available }) => available).map(({ name }) => name);
    return [...new Set([...named, ...here])];
  }

  compareImages(request: Request<'compareImages'>): ReturnType<AppApi['compareImages']> {
    this.#options.engine.forgive();
    return this.#options.engine.callTwice('compareImages', request, request.file);
  }

  async contactSheet({ rows, output }: Request<'contactSheet'>): ReturnType<AppApi['contactSheet']> {
    const format = formatByName(output);
    this.#options.engine.forgive();
    return this.#options.engine.callTwice('contactSheet', { rows, output, format }, output);
  }
}

/** @throws AppError `argument-invalid` */
function backendChoice(backend: string): BackendChoice {
  const names: readonly BackendChoice[] = ['auto', ...backendNames];
  const choice = names.find((name) => name === backend);
  if (choice) return choice;
  throw new AppError('argument-invalid', {
    parameter: 'backend',
    expected: phrase('expect-backend', { names: names.join(', ') }),
    received: `“${backend}”`,
  });
}

/** The format a file name asks for; PNG when it asks for none that can be written. */
function formatByName(file: string): ImageFormat {
  const extension = extname(file).slice(1).toLowerCase();
  const spelled: Readonly<Record<string, ImageFormat>> = { jpg: 'jpeg', jpe: 'jpeg', tif: 'tiff' };
  return spelled[extension] ?? imageFormats.find((format) => format === extension) ?? 'png';
}
