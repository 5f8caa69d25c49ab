import { randomBytes } from 'node:crypto';
import type { EngineApi, ViewPart } from '../../contract/engine-api.ts';
import { AppError, failureOf, isCancelled, type ErrorCode } from '../../contract/errors.ts';
import type { NoiseEstimate } from '../../contract/measure.ts';
import type { OpenedView, ResidualVerdict, ViewPixels, ViewScores, ViewTile } from '../../contract/view.ts';
import { viewChoices } from '../../contract/view.ts';
import type { WindowRequest } from '../../contract/window-api.ts';
import { EngineLost, type CallOptions } from '../supervision/engine-process.ts';
import { lostError } from '../supervision/engine-supervisor.ts';
import type { AppParts } from '../parts.ts';
import type { Queue } from './queue.ts';
import type { RuntimeChoice } from './runtime-choice.ts';
import type { WindowHub } from './window-hub.ts';

/** A window that was reloaded never closed what it had opened. */
const mostViews = 24;

/** What is wrong with a file rather than with the machine. */
const damage: ReadonlySet<ErrorCode> = new Set(['image-damaged', 'image-not-finite']);

interface OpenView {
  readonly id: string;
  readonly row: string;
  readonly file: string;
  /** Its name in the engine, and in which process. */
  inEngine: { readonly view: string; readonly pid: number | undefined };
  /** Being opened anew, after the engine was restarted. */
  reopening: Promise<void> | null;
  /** Cleaning of all of it in the background. */
  completing: AbortController | null;
}

type PartRequest = Omit<ViewPart, 'view' | 'choices' | 'model' | 'runtime' | 'memory'> & {
  readonly choices: WindowRequest<'judgeResidual'>['choices'];
};

/** Pictures that are looked at. The engine holds them; when it was restarted, they are opened there again. */
export class Views {
  readonly #parts: AppParts;
  readonly #queue: Queue;
  readonly #hub: WindowHub;
  readonly #runtimes: RuntimeChoice;
  readonly #views = new Map<string, OpenView>();
  /** The opening that each looker waits for. */
  readonly #opening = new Map<string, AbortController>();

  constructor(options: { parts: AppParts; queue: Queue; hub: WindowHub; runtimes: RuntimeChoice }) {
    this.#parts = options.parts;
    this.#queue = options.queue;
    this.#hub = options.hub;
    this.#runtimes = options.runtimes;
  }

  /** @throws AppError `cancelled` when the same looker opens another picture meanwhile */
  async open(rowId: string, looker?: string): Promise<OpenedView> {
    const { source: file } = this.#queue.find(rowId);
    this.#parts.engine.forgive();
    const stop = new AbortController();
    if (looker !== undefined) {
      this.#opening.get(looker)?.abort();
      this.#opening.set(looker, stop);
    }
    const opened = await this.#openInEngine(file, stop.signal)
      .catch((error: unknown) => this.#refuse(rowId, error))
      .finally(() => {
        if (looker !== undefined && this.#opening.get(looker) === stop) this.#opening.delete(looker);
      });
    const id = `v${randomBytes(9).toString('base64url')}`;
    const inEngine = { view: opened.view, pid: this.#parts.engine.pid };
    this.#views.set(id, { id, row: rowId, file, inEngine, reopening: null, completing: null });
    await this.#closeOldest();
    return { ...opened, view: id };
  }

  async close(id: string): Promise<void> {
    const view = this.#views.get(id);
    if (!view) return;
    this.#views.delete(id);
    view.completing?.abort();
    // In a process that ended it is closed already.
    if (view.inEngine.pid !== this.#parts.engine.pid) return;
    await this.#parts.engine.call('closeView', { view: view.inEngine.view }).catch(() => {});
  }

  async closeOf(rows: readonly string[]): Promise<void> {
    const gone = new Set(rows);
    for (const { id, row } of [...this.#views.values()]) if (gone.has(row)) await this.close(id);
  }

  /** Rejects with `cancelled` when the signal is aborted, and the engine turns to something else. */
  async pixels(tile: ViewTile, signal: AbortSignal): Promise<ViewPixels> {
    const view = this.#find(tile.view);
    const { layer, choices } = tile;
    const needsNetwork = layer === 'denoised' || layer === 'residual';
    // At full size what is seen comes first, alone; what the background has cleaned so far is kept.
    if (needsNetwork && tile.reduction === 1) view.completing?.abort();
    const runtime = await this.#runtimes[needsNetwork ? 'for' : 'unmeasured'](choices.model);
    signal.throwIfAborted();
    return this.#ask(view, 'viewPixels', (name) => ({ ...runtime, tile: { ...tile, view: name } }), {
      signal,
    });
  }

  measure(id: string): Promise<NoiseEstimate> {
    return this.#ask(this.#find(id), 'measureView', (view) => ({ view }));
  }

  async judge({ view, ...part }: WindowRequest<'judgeResidual'>): Promise<ResidualVerdict> {
    return this.#askPart(view, 'judgeResidual', part);
  }

  async score({ view, ...part }: WindowRequest<'scoreView'>): Promise<ViewScores> {
    return this.#askPart(view, 'scoreView', part);
  }

  /** Begins to clean a page in the background; what was begun for this view before is given up. */
  complete({ view: id, page, choices }: WindowRequest<'completeView'>): void {
    const view = this.#find(id);
    view.completing?.abort();
    const stop = new AbortController();
    view.completing = stop;
    const tell = (fraction: number) =>
      void (stop.signal.aborted || this.#hub.emit({ type: 'view-progress', view: id, page, fraction }));
    void this.#complete(view, { page, choices }, stop.signal, tell)
      .then(() => tell(1))
      .catch((error: unknown) => {
        if (stop.signal.aborted || isCancelled(error)) return;
        this.#hub.emit({ type: 'failure', failure: failureOf(error) });
      });
  }

  /** The app ends: nothing is worked on for views any more. */
  stop(): void {
    for (const { completing } of this.#views.values()) completing?.abort();
    this.#views.clear();
  }

  async #complete(
    view: OpenView,
    { page, choices }: Omit<PartRequest, 'region'>,
    signal: AbortSignal,
    tell: (fraction: number) => void,
  ): Promise<void> {
    const wanted = viewChoices.parse(choices);
    const runtime = await this.#runtimes.for(wanted.model);
    const onEvent: CallOptions['onEvent'] = (event) => {
      if (event.type === 'view-progress' && event.fraction < 1) tell(event.fraction);
    };
    const requestFor = (name: string) => ({ ...runtime, view: name, page, choices: wanted });
    await this.#ask(view, 'completeView', requestFor, { signal, onEvent });
  }

  async #askPart<M extends 'judgeResidual' | 'scoreView'>(
    id: string,
    method: M,
    { page, region, choices }: PartRequest,
  ): Promise<Awaited<ReturnType<EngineApi[M]>>> {
    const view = this.#find(id);
    const wanted = viewChoices.parse(choices);
    const runtime = await this.#runtimes.for(wanted.model);
    const requestFor = (name: string) => ({ ...runtime, view: name, page, region, choices: wanted });
    return this.#ask(view, method, requestFor);
  }

  #ask<M extends keyof EngineApi>(
    view: OpenView,
    method: M,
    requestFor: (name: string) => Parameters<EngineApi[M]>[0],
    options: CallOptions = {},
  ): Promise<Awaited<ReturnType<EngineApi[M]>>> {
    return this.#askTwice(view, method, requestFor, options).catch((error: unknown) =>
      this.#refuse(view.row, error),
    );
  }

  /** Asks the engine, twice when it ended on the way or has forgotten the view. */
  async #askTwice<M extends keyof EngineApi>(
    view: OpenView,
    method: M,
    requestFor: (name: string) => Parameters<EngineApi[M]>[0],
    options: CallOptions,
  ): Promise<Awaited<ReturnType<EngineApi[M]>>> {
    const { engine } = this.#parts;
    const ask = async (): Promise<Awaited<ReturnType<EngineApi[M]>>> => {
      if (view.inEngine.pid !== engine.pid) await this.#reopen(view);
      options.signal?.throwIfAborted();
      return engine.call(method, requestFor(view.inEngine.view), options);
    };
    try {
      return await ask();
    } catch (error) {
      const forgotten = failureOf(error).code === 'view-not-found';
      if (options.signal?.aborted || !(error instanceof EngineLost || forgotten)) throw error;
      if (forgotten) view.inEngine = { view: '', pid: -1 };
    }
    return ask().catch((error: unknown) => {
      throw lostError(error, view.file);
    });
  }

  /** Damage behind a whole header shows when the picture is looked at: the list says so at once. A batch tries it anew. */
  #refuse(rowId: string, error: unknown): never {
    const problem = failureOf(error);
    const isReady = this.#queue.get(rowId)?.state === 'ready';
    if (isReady && damage.has(problem.code)) this.#queue.change(rowId, { state: 'failed', problem });
    throw error;
  }

  /** Once, however many ask at the same time. */
  #reopen(view: OpenView): Promise<void> {
    view.reopening ??= this.#openInEngine(view.file)
      .then(({ view: name }) => {
        view.inEngine = { view: name, pid: this.#parts.engine.pid };
      })
      .finally(() => (view.reopening = null));
    return view.reopening;
  }

  async #openInEngine(file: string, signal?: AbortSignal): Promise<OpenedView> {
    const { engine, settings } = this.#parts;
    const { memory, threads } = await settings.read();
    await engine.useThreads(threads);
    signal?.throwIfAborted();
    return engine.callTwice('openView', { file, memory }, file, { signal });
  }

  #find(id: string): OpenView {
    const view = this.#views.get(id);
    if (!view) throw new AppError('view-not-found');
    return view;
  }

  async #closeOldest(): Promise<void> {
    const [oldest] = this.#views.keys();
    if (this.#views.size > mostViews && oldest !== undefined) await this.close(oldest);
  }
}
