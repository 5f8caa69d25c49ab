import { spawn, type ChildProcess } from 'node:child_process';
import { unwrap, type Reply } from '../../contract/errors.ts';
import type { EngineApi, EngineEvent, FromEngine, ToEngine } from '../../contract/engine-api.ts';
import { phrase, type Phrase, saidBy, sayPhrase } from '../../contract/texts/fill-in.ts';
import { lineSplitter } from './line-splitter.ts';
import { oomKills } from './oom-kills.ts';
import { Watchdog } from './watchdog.ts';
import { isOfPicture, Wear, type WearLimits } from './wear.ts';

/** How one engine process came to its end. */
export interface EngineEnd {
  /** `stopped`: we ended it. `crashed`: it ended by itself. `unresponsive`: it was ended for its silence. */
  readonly kind: 'stopped' | 'crashed' | 'unresponsive';
  /** The system ended it because memory ran out, or its own heap was full (as far as can be told). */
  readonly outOfMemory: boolean;
  readonly reason: Phrase;
  /** Seconds without a sign of life. */
  readonly seconds: number;
}

/** The engine ended before it answered. */
export class EngineLost extends Error {
  override readonly name = 'EngineLost';
  readonly end: EngineEnd;

  constructor(end: EngineEnd) {
    super(sayPhrase(end.reason));
    this.end = end;
  }
}

export type EngineState =
  { readonly is: 'starting' | 'ready' } | { readonly is: 'ended'; readonly end: EngineEnd };

export interface EngineProcessOptions {
  /** Names it in the log. */
  readonly name: string;
  readonly node: string;
  readonly enginePath: string;
  readonly env: Record<string, string>;
  readonly log: (line: string) => void;
  readonly limits: EngineLimits;
  readonly wearLimits: WearLimits;
}

export interface EngineLimits {
  /** Seconds without a beat until a process counts as hung. */
  readonly silentSeconds: number;
  /** Seconds in which it beats and has work, and yet nothing comes of it. */
  readonly idleSeconds: number;
  /** How long it may take to end when asked, before it is killed. */
  readonly stopMs: number;
  readonly tickMs: number;
}

export const usualLimits: EngineLimits = { silentSeconds: 120, idleSeconds: 900, stopMs: 1000, tickMs: 1000 };

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: EngineEvent) => void) | undefined;
}

interface Pending {
  readonly settle: (reply: Reply<unknown>) => void;
  readonly lose: (end: EngineEnd) => void;
  readonly onEvent: (event: EngineEvent) => void;
}

/** One engine process, from its start to its end. It is not started again; that is its supervisor's part. */
export class EngineProcess {
  readonly #options: EngineProcessOptions;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #watchdog: Watchdog;
  readonly #oomKillsAtStart: number | null;
  readonly wear: Wear;
  #nextId = 1;
  #state: EngineState = { is: 'starting' };
  /** Why we ended it, once we have. */
  #intent: EngineEnd | null = null;
  #exit: { code: number | null; signal: NodeJS.Signals | null } | null = null;
  /** Resolves when it is ready, or has ended. */
  readonly started: Promise<EngineState>;
  readonly ended: Promise<EngineEnd>;
  #onStarted: (state: EngineState) => void = () => {};
  #onEnded: (end: EngineEnd) => void = () => {};

  constructor(options: EngineProcessOptions) {
    this.#options = options;
    this.wear = new Wear(options.wearLimits);
    this.started = new Promise((resolve) => (this.#onStarted = resolve));
    this.ended = new Promise((resolve) => (this.#onEnded = resolve));
    this.#oomKillsAtStart = oomKills();
    this.#child = spawn(options.node, [options.enginePath], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      env: options.env,
      // Ctrl-C in a terminal goes to the whole group: stopping is for us to say, over the channel.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.#watchdog = this.#watch();
    this.#connect();
  }

  get state(): EngineState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Requests that were not answered yet. */
  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /**
   * Asks for something. A signal sends the wish to stop; the answer is still waited for.
   * @throws AppError what the engine says, or EngineLost when it ended first
   */
  call<M extends keyof EngineApi>(
    method: M,
    request: Parameters<EngineApi[M]>[0],
    options: CallOptions = {},
  ): ReturnType<EngineApi[M]> {
    return this.#call(method, request, options) as ReturnType<EngineApi[M]>;
  }

  async #call(method: keyof EngineApi, request: unknown, options: CallOptions): Promise<unknown> {
    options.signal?.throwIfAborted();
    if (this.#state.is === 'ended') throw new EngineLost(this.#state.end);
    const id = this.#nextId++;
    const cancel = () => this.#send({ type: 'cancel', id });
    options.signal?.addEventListener('abort', cancel, { once: true });
    try {
      const reply = await new Promise<Reply<unknown>>((resolve, reject) => {
        this.#pending.set(id, {
          settle: resolve,
          lose: (end) => reject(new EngineLost(end)),
          onEvent: options.onEvent ?? (() => {}),
        });
        this.#send({ type: 'request', id, method, request });
      });
      return unwrap(reply);
    } finally {
      this.#pending.delete(id);
      if (isOfPicture(method)) this.wear.addPicture();
      options.signal?.removeEventListener('abort', cancel);
    }
  }

  /** Asks it to end, and ends it when it does not. */
  async stop(): Promise<void> {
    this.#intent ??= stoppedEnd();
    if (this.#child.connected) this.#child.disconnect();
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), this.#options.limits.stopMs);
    await this.ended;
    clearTimeout(force);
  }

  /** Ends it now. */
  async kill(): Promise<void> {
    this.#intent ??= stoppedEnd();
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  #watch(): Watchdog {
    const { silentSeconds, idleSeconds, tickMs } = this.#options.limits;
    return new Watchdog({
      beatLimit: Math.ceil((silentSeconds * 1000) / tickMs),
      workLimit: Math.ceil((idleSeconds * 1000) / tickMs),
      tickMs,
      hasWork: () => this.#pending.size > 0,
      onSilent: (seconds) => {
        const reason = phrase('end-silent', { seconds });
        this.#intent ??= { kind: 'unresponsive', outOfMemory: false, reason, seconds };
        this.#child.kill('SIGKILL');
      },
    });
  }

  #connect(): void {
    const child = this.#child;
    const log = (line: string) => this.#log(line);
    child.stdout?.on('data', lineSplitter(log));
    child.stderr?.on('data', lineSplitter(log));
    child.on('message', (message) => this.#hear(message));
    child.on('error', (error) => {
      // Also told for a message that could not be sent; that is followed by the end.
      if (child.pid !== undefined) return this.#log(error.message);
      const reason = phrase('end-spawn', { reason: saidBy(error) });
      this.#end({ kind: 'crashed', outOfMemory: false, reason, seconds: 0 });
    });
    child.on('exit', (code, signal) => {
      this.#exit = { code, signal };
      // What it said last may still be in the channel.
      if (!child.connected) this.#end(this.#endOfExit());
      else setTimeout(() => this.#end(this.#endOfExit()), 500);
    });
    child.on('disconnect', () => {
      if (this.#exit) this.#end(this.#endOfExit());
      // Without a channel it is of no more use, should it live on.
      else setTimeout(() => child.kill('SIGKILL'), this.#options.limits.stopMs).unref();
    });
    this.#log(`started as process ${child.pid ?? 'none'}`);
  }

  /** A picture may have got hold of the engine: what it says then harms nobody, and ends it. */
  #hear(message: unknown): void {
    try {
      this.#receive(message as FromEngine);
    } catch (error) {
      this.#log(`said what no engine says: ${String(error)}`);
      this.#child.kill('SIGKILL');
    }
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'beat':
        this.wear.addMemory(message.memoryBytes);
        return this.#watchdog.beat();
      case 'ready':
        this.#watchdog.progress();
        if (this.#state.is === 'starting') this.#state = { is: 'ready' };
        return this.#onStarted(this.#state);
      case 'event':
        this.#watchdog.progress();
        return this.#pending.get(message.id)?.onEvent(message.event);
      case 'reply':
        this.#watchdog.progress();
        return this.#pending.get(message.id)?.settle(message.reply);
    }
  }

  #send(message: ToEngine): void {
    // A channel that is closed means that the end is coming, which loses the request.
    if (this.#child.connected) this.#child.send(message, (error) => error && this.#log(error.message));
  }

  #endOfExit(): EngineEnd {
    if (this.#intent) return this.#intent;
    const { code, signal } = this.#exit ?? { code: null, signal: null };
    // 134 is how a shell tells of an abort, which is how V8 ends when its heap is full.
    if (signal === 'SIGABRT' || code === 134) {
      return { kind: 'crashed', outOfMemory: true, reason: phrase('end-abort'), seconds: 0 };
    }
    if (signal === null) {
      const reason = phrase('end-exit', { code: code ?? -1 });
      return { kind: 'crashed', outOfMemory: false, reason, seconds: 0 };
    }
    const outOfMemory = signal === 'SIGKILL' && this.#machineRanOut();
    const reason = phrase(outOfMemory ? 'end-memory' : 'end-signal', { signal });
    return { kind: 'crashed', outOfMemory, reason, seconds: 0 };
  }

  #machineRanOut(): boolean {
    const now = oomKills();
    return now !== null && this.#oomKillsAtStart !== null && now > this.#oomKillsAtStart;
  }

  #end(end: EngineEnd): void {
    if (this.#state.is === 'ended') return;
    this.#state = { is: 'ended', end };
    this.#watchdog.stop();
    this.#log(`ended: ${sayPhrase(end.reason)}`);
    for (const { lose } of [...this.#pending.values()]) lose(end);
    this.#onEnded(end);
    this.#onStarted(this.#state);
  }

  #log(line: string): void {
    this.#options.log(`${this.#options.name}: ${line}`);
  }
}

const stoppedEnd = (): EngineEnd => ({
  kind: 'stopped',
  outOfMemory: false,
  reason: phrase('end-stopped'),
  seconds: 0,
});
