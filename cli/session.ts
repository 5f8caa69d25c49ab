import type { AppApi } from '../contract/app-api.ts';
import type { CliHost, RunningApp } from './host.ts';
import { stoppedCode } from './exit-codes.ts';
import { Output } from './output.ts';
import { Stopping } from './stopping.ts';
import { paletteFor, type Palette } from './palette.ts';

/** How long the application may take to close before the process ends without it. */
const closeMs = 1500;

/** One run of the command line: what its command works with, made from the host and let go at the end. */
export class Session {
  readonly host: CliHost;
  readonly output: Output;
  readonly stopping: Stopping;
  readonly palette: Palette;
  exitCode = 0;
  #app: RunningApp | null = null;
  readonly #offSignal: () => void;

  constructor(host: CliHost) {
    this.host = host;
    this.palette = paletteFor(host);
    this.stopping = new Stopping((signal) => host.exitNow(stoppedCode(signal)));
    // Nobody can read the results any more: the polite end, as if asked to terminate.
    this.output = new Output(host, () => this.stopping.request('SIGTERM'));
    this.#offSignal = host.onSignal((signal) => this.stopping.request(signal));
  }

  /** The application, started when it is first needed. */
  get app(): RunningApp {
    this.#app ??= this.host.createApp();
    return this.#app;
  }

  /** A call that is answered, or given up when the person stops it. */
  call<T>(request: (api: AppApi) => Promise<T>): Promise<T> {
    return this.stopping.race(request(this.app.api));
  }

  /** Tells somebody who looks on that there will be nothing to see for a while. */
  patience(text: string): void {
    if (this.host.stderr.isTTY) this.output.note(text);
  }

  async close(): Promise<void> {
    if (this.#app) await atMost(closeMs, this.#app.close());
    await this.output.finish();
    this.#offSignal();
  }
}

async function atMost(milliseconds: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise.catch(() => {}), late]);
  clearTimeout(timer);
}
