import type { Readable, Writable } from 'node:stream';
import type { AppApi, AppListener } from '../contract/app-api.ts';

/** The application, as the command line needs it. */
export interface RunningApp {
  readonly api: AppApi;
  subscribe(listener: AppListener): () => void;
  close(): Promise<void>;
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export type TerminalWritable = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Everything outside that a run of the command line touches. The entry connects it to the process. */
export interface CliHost {
  /** The program's folder, with `samples/` in it. */
  readonly root: string;
  readonly version: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly temporaryFolder: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TerminalWritable;
  readonly stderr: TerminalWritable;
  createApp(): RunningApp;
  /** Tells of signals until the answer is called. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** Ends the process now. */
  exitNow(code: number): void;
}
