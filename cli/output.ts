import type { TerminalWritable } from './host.ts';
import { jsonLine } from './printable.ts';

/**
 * Where text goes: results on standard output, everything else on standard error. Once standard output takes no
 * more, because its reader is gone (`| head`) or the disk behind it is full, nothing more is written to it and
 * `onClosed` is called, once.
 */
export class Output {
  readonly #stdout: TerminalWritable;
  readonly #stderr: TerminalWritable;
  readonly #onError: (error: NodeJS.ErrnoException) => void;
  #readerGone = false;
  #failure: NodeJS.ErrnoException | null = null;
  /** Called around each line while a progress bar is on the screen. */
  #around: (write: () => void) => void = (write) => write();

  constructor(streams: { stdout: TerminalWritable; stderr: TerminalWritable }, onClosed: () => void) {
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.#onError = (error) => {
      if (this.closed) return;
      if (readerLeft(error)) this.#readerGone = true;
      else this.#failure = error;
      onClosed();
    };
    this.#stdout.on('error', this.#onError);
    this.#stderr.on('error', ignore);
  }

  /** Why standard output could not be written, null while it could. */
  get failure(): NodeJS.ErrnoException | null {
    return this.#failure;
  }

  /** True when standard output takes no more, for either reason. */
  get closed(): boolean {
    return this.#readerGone || this.#failure !== null;
  }

  /** One line of results for people. */
  line(text: string): void {
    this.#around(() => this.raw(`${text}\n`));
  }

  /** One JSON object a line. */
  json(value: object): void {
    this.raw(`${jsonLine(value)}\n`);
  }

  /** A JSON line that may be left out: it is, while the reader is behind. */
  jsonIfKeepingUp(value: object): void {
    if (!this.#stdout.writableNeedDrain) this.json(value);
  }

  raw(text: string): void {
    if (!this.closed) this.#stdout.write(text);
  }

  /** A line beside the results. */
  note(text: string): void {
    this.#around(() => this.rawNote(`${text}\n`));
  }

  rawNote(text: string): void {
    this.#stderr.write(text);
  }

  /** Lets a progress bar step aside for each line; the answer ends that. */
  stepAside(around: (write: () => void) => void): () => void {
    this.#around = around;
    return () => {
      this.#around = (write) => write();
    };
  }

  /** Waits until what was written has left. */
  async flush(): Promise<void> {
    await Promise.all([flushed(this.#stdout), flushed(this.#stderr)]);
  }

  /** Lets go of the streams, after the last line. */
  async finish(): Promise<void> {
    await this.flush();
    this.#stdout.off('error', this.#onError);
    this.#stderr.off('error', ignore);
    // What fails after this is of no interest to anybody, but must not end in a stack trace.
    this.#stdout.on('error', ignore);
    this.#stderr.on('error', ignore);
  }
}

const flushed = (stream: TerminalWritable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.errored) resolve();
    else stream.write('', () => resolve());
  });

const ignore = (): void => {};

/** What a stream says whose other end was closed. That is no error. */
const readerLeft = (error: unknown): boolean =>
  error instanceof Error && ['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '');
