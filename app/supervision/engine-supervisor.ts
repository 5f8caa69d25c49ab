import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../contract/errors.ts';
import type { EngineApi } from '../../contract/engine-api.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { Environment } from '../places.ts';
import {
  EngineLost,
  EngineProcess,
  type CallOptions,
  type EngineEnd,
  type EngineLimits,
} from './engine-process.ts';
import { engineEnvironment } from './environment.ts';
import { isOfPicture, type WearLimits } from './wear.ts';

export interface EngineSetup {
  readonly node: string;
  readonly enginePath: string;
  readonly env: Environment;
  readonly log: (line: string) => void;
  /** Told when a process ended that was not asked to. */
  readonly onLost?: (end: EngineEnd) => void;
  /** Where the log can be read, for messages. */
  readonly logFile: string;
  readonly limits: EngineLimits;
  readonly wearLimits: WearLimits;
}

/** So often an engine is started again without anything having come of it. */
const mostRestarts = 3;
/** Crashes that lie further apart are not one trouble. */
const restartWindowMs = 5 * 60_000;
/** What else a process is asked may take so long before it is replaced all the same; it is asked for again then. */
const patienceMs = 10_000;

/**
 * Keeps one engine process at work: starts it when it is first needed and again after it crashed, a bounded
 * number of times. What was being worked on when it crashed is for the caller to try again. A process that has had its
 * share of pictures is replaced between two of them.
 */
export class EngineSupervisor {
  readonly #name: string;
  readonly #setup: EngineSetup;
  #process: EngineProcess | null = null;
  #threads = 0;
  /** Times of crashes since something last succeeded, on a clock that never jumps. */
  #crashes: number[] = [];
  #lastEnd: EngineEnd | null = null;
  #closed = false;
  /** Pictures that the process at work has now. */
  readonly #pictures = new Set<Promise<unknown>>();
  /** A worn process is being replaced. */
  #renewal: Promise<void> | null = null;

  constructor(name: string, setup: EngineSetup) {
    this.#name = name;
    this.#setup = setup;
  }

  /** Number of the process at work, for those who look from outside. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Threads of the network from now on. A process that is at work keeps what it was started with. */
  async useThreads(threads: number): Promise<void> {
    if (threads === this.#threads) return;
    this.#threads = threads;
    if (this.#process && !this.#process.busy) await this.stop();
  }

  /**
   * @throws AppError what the engine says, or `engine-unavailable` when it cannot be started (any more);
   *   EngineLost when it ended before it answered
   */
  async call<M extends keyof EngineApi>(
    method: M,
    request: Parameters<EngineApi[M]>[0],
    options: CallOptions = {},
  ): Promise<Awaited<ReturnType<EngineApi[M]>>> {
    if (!isOfPicture(method)) return this.#call(method, request, options);
    await this.#renewed(options.signal);
    const work = this.#call(method, request, options);
    const over = work.then(ignore, ignore);
    this.#pictures.add(over);
    void over.then(() => this.#pictures.delete(over));
    return work;
  }

  async #call<M extends keyof EngineApi>(
    method: M,
    request: Parameters<EngineApi[M]>[0],
    options: CallOptions,
  ): Promise<Awaited<ReturnType<EngineApi[M]>>> {
    const engine = await this.#ready();
    const answer = await engine.call(method, request, options);
    this.#crashes = [];
    return answer;
  }

  /** Waits while a process that is worn out is replaced; not beyond the wish to stop. */
  async #renewed(signal: AbortSignal | undefined): Promise<void> {
    const engine = this.#process;
    if (engine?.wear.isOver) this.#renewal ??= this.#renew(engine).finally(() => (this.#renewal = null));
    if (!this.#renewal) return;
    let leave = ignore;
    const stopped = new Promise<void>((resolve) => (leave = resolve));
    signal?.addEventListener('abort', leave, { once: true });
    await Promise.race([this.#renewal, stopped]);
    signal?.removeEventListener('abort', leave);
    signal?.throwIfAborted();
  }

  async #renew(worn: EngineProcess): Promise<void> {
    await Promise.all(this.#pictures);
    const end = performance.now() + patienceMs;
    while (worn.busy && performance.now() < end) await wait(20);
    if (this.#process !== worn) return;
    this.#setup.log(`${this.#name}: replaced after ${worn.wear.pictures} pictures`);
    await this.stop();
  }

  /** Like `call`, tried once more when the engine ended on the way, also when that was for another's sake. */
  async callTwice<M extends keyof EngineApi>(
    method: M,
    request: Parameters<EngineApi[M]>[0],
    file: string,
    options: CallOptions = {},
  ): Promise<Awaited<ReturnType<EngineApi[M]>>> {
    try {
      return await this.call(method, request, options);
    } catch (error) {
      if (!(error instanceof EngineLost)) throw error;
    }
    return await this.call(method, request, options).catch((error: unknown) => {
      throw lostError(error, file);
    });
  }

  /** Forgets earlier crashes: something new is asked for, which may have better luck. */
  forgive(): void {
    this.#crashes = [];
  }

  /** Ends the process: politely, and then not. A later call starts a new one. */
  async stop(): Promise<void> {
    const engine = this.#process;
    this.#process = null;
    await engine?.stop();
  }

  /** Ends the process at once. A later call starts a new one. */
  async kill(): Promise<void> {
    const engine = this.#process;
    this.#process = null;
    await engine?.kill();
  }

  /** Ends the process for good. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.stop();
  }

  async #ready(): Promise<EngineProcess> {
    for (;;) {
      const engine = this.#process ?? this.#start();
      const state = await engine.started;
      if (state.is !== 'ended') return engine;
      if (this.#process === engine) this.#process = null;
      if (state.end.kind === 'stopped') throw new EngineLost(state.end);
    }
  }

  #start(): EngineProcess {
    const { node, log, limits, wearLimits, enginePath, logFile, env } = this.#setup;
    if (this.#closed) throw new AppError('cancelled');
    if (!existsSync(enginePath)) {
      throw new AppError('engine-unavailable', { reason: phrase('engine-not-built', { file: enginePath }) });
    }
    const since = performance.now() - restartWindowMs;
    this.#crashes = this.#crashes.filter((at) => at > since);
    if (this.#crashes.length > mostRestarts) {
      const details = {
        count: this.#crashes.length,
        end: this.#lastEnd?.reason ?? phrase('end-stopped'),
        log: logFile,
      };
      throw new AppError('engine-unavailable', { reason: phrase('engine-gave-up', details) });
    }
    const engine = new EngineProcess({
      node,
      log,
      limits,
      wearLimits,
      name: this.#name,
      enginePath,
      env: engineEnvironment(env, this.#threads),
    });
    this.#process = engine;
    void engine.ended.then((end) => this.#onEnded(engine, end));
    return engine;
  }

  #onEnded(engine: EngineProcess, end: EngineEnd): void {
    if (this.#process === engine) this.#process = null;
    if (end.kind === 'stopped') return;
    this.#lastEnd = end;
    this.#crashes.push(performance.now());
    this.#setup.onLost?.(end);
  }
}

const ignore = (): void => {};

/** What the end of an engine means for the file it was working on; other errors pass unchanged. */
export function lostError(thrown: unknown, file: string): unknown {
  if (!(thrown instanceof EngineLost)) return thrown;
  const { kind, outOfMemory, reason, seconds } = thrown.end;
  if (kind === 'stopped') return new AppError('cancelled', {}, { cause: thrown });
  if (kind === 'unresponsive')
    return new AppError('engine-unresponsive', { file, seconds }, { cause: thrown });
  if (outOfMemory) return new AppError('out-of-memory', { file, reason }, { cause: thrown });
  return new AppError('engine-crashed', { file, reason }, { cause: thrown });
}
