import { tmpdir } from 'node:os';
import { PassThrough, Readable, Writable } from 'node:stream';
import type { CliHost, StopSignal } from '../../cli/host.ts';
import { runCli } from '../../cli/run-cli.ts';
import { fakeApp, type FakeApp } from './fake-app.ts';

/** A stream that remembers; as a terminal, or as a reader that leaves after some writes. */
export class Collected extends Writable {
  readonly isTTY: boolean;
  readonly columns = 120;
  readonly chunks: Buffer[] = [];
  readonly #leavesAfter: number;
  readonly #error: string;

  constructor({ isTTY = false, leavesAfter = Infinity, error = 'EPIPE' } = {}) {
    super({ decodeStrings: true });
    this.isTTY = isTTY;
    this.#leavesAfter = leavesAfter;
    this.#error = error;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.chunks.length >= this.#leavesAfter) {
      done(Object.assign(new Error(`write ${this.#error}`), { code: this.#error }));
    } else {
      this.chunks.push(chunk);
      done();
    }
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
  /** The lines of standard output, parsed. */
  readonly json: () => Record<string, unknown>[];
  readonly app: FakeApp;
  /** Codes with which the process was ended at once. */
  readonly endedNow: readonly number[];
}

export interface Settings {
  readonly app?: FakeApp;
  readonly stdin?: Buffer | Readable;
  readonly stdinTerminal?: boolean;
  readonly terminal?: boolean;
  readonly stdoutTerminal?: boolean;
  /** Standard output fails after so many writes, as if its reader had left, or with another error. */
  readonly leavesAfter?: number;
  readonly error?: string;
  readonly env?: CliHost['env'];
  readonly cwd?: string;
  readonly root?: string;
  readonly temporaryFolder?: string;
  /** Called with a function that sends a signal, before the run. */
  readonly signals?: (send: (signal: StopSignal) => void) => void;
}

/** Runs the command line in this process, with a fake app and streams of the test's. */
export async function run(argv: readonly string[], settings: Settings = {}): Promise<Ran> {
  const app = settings.app ?? fakeApp();
  const stdout = new Collected({
    isTTY: settings.stdoutTerminal ?? settings.terminal ?? false,
    leavesAfter: settings.leavesAfter ?? Infinity,
    error: settings.error ?? 'EPIPE',
  });
  const stderr = new Collected({ isTTY: settings.terminal ?? false });
  const endedNow: number[] = [];
  const host: CliHost = {
    root: settings.root ?? '/program',
    version: '9.8.7',
    cwd: settings.cwd ?? '/pictures',
    env: settings.env ?? {},
    temporaryFolder: settings.temporaryFolder ?? tmpdir(),
    stdin: stdinFrom(settings),
    stdout: stdout,
    stderr: stderr,
    createApp: () => app,
    onSignal: (listener) => {
      settings.signals?.(listener);
      return () => {};
    },
    exitNow: (code) => endedNow.push(code),
  };
  const code = await runCli(argv, host);
  return {
    code,
    stdout: stdout.text,
    stderr: stderr.text,
    bytes: stdout.bytes,
    json: () => linesOf(stdout.text),
    app,
    endedNow,
  };
}

export const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

function stdinFrom({ stdin, stdinTerminal }: Settings): CliHost['stdin'] {
  const stream = stdin instanceof Readable ? stdin : new PassThrough().end(stdin ?? Buffer.alloc(0));
  return Object.assign(stream, { isTTY: stdinTerminal ?? false });
}
