import { Writable } from 'node:stream';
import cliProgress from 'cli-progress';
import type { TerminalWritable } from './host.ts';
import type { Session } from './session.ts';
import { longDurationText } from './numbers.ts';
import { say } from './say.ts';

/** What a bar's text is made from. */
export interface BarState {
  readonly bar: string;
  readonly percent: number;
  /** Time left in words, or a sign that it is not known yet. */
  readonly left: string;
}

const usualWidth = 24;

/** One line at the bottom of a terminal that shows how far the work is. Without a terminal, nothing. */
export class ProgressBar {
  readonly #bar: cliProgress.SingleBar | null;
  readonly #endStepAside: () => void;

  /** `width` is that of the bar alone; the whole line is cut to the terminal's. */
  constructor(session: Session, text: (state: BarState) => string, width = usualWidth) {
    const { host, output } = session;
    const shown = host.stderr.isTTY === true && host.env.TERM !== 'dumb';
    this.#bar = shown ? makeBar(host.stderr, text, width) : null;
    this.#endStepAside = shown
      ? output.stepAside((write) => {
          output.rawNote('\r\x1b[K');
          write();
        })
      : () => {};
  }

  start(total: number): void {
    this.#bar?.start(total, 0);
  }

  update(value: number): void {
    this.#bar?.update(value);
  }

  stop(): void {
    this.#bar?.stop();
    this.#endStepAside();
  }
}

function makeBar(
  stream: TerminalWritable,
  text: (state: BarState) => string,
  barsize: number,
): cliProgress.SingleBar {
  return new cliProgress.SingleBar({
    stream: new BarStream(stream),
    format: (options, { progress, eta }, _payload) =>
      text({
        bar: cliProgress.Format.BarFormat(progress, options),
        percent: Math.floor(progress * 100),
        left:
          Number.isFinite(eta) && progress > 0
            ? say('time-left', { time: longDurationText(eta) })
            : say('time-unknown'),
      }),
    barsize,
    barCompleteChar: '=',
    barIncompleteChar: '-',
    fps: 5,
    // Lines are printed between two drawings, so each draws afresh.
    forceRedraw: true,
    clearOnComplete: true,
    // Too long a line is cut, instead of telling the terminal not to wrap: it might stay so after a kill.
    linewrap: true,
    // The command line listens to signals itself.
    gracefulExit: false,
    emptyOnZero: true,
    etaBuffer: 30,
  });
}

/**
 * The terminal as the bar sees it. The bar would save the cursor's place at its start and return there at its
 * end; lines printed meanwhile have moved that place, so these two codes are left out.
 */
class BarStream extends Writable {
  readonly isTTY = true;
  readonly #terminal: TerminalWritable;

  constructor(terminal: TerminalWritable) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
  }

  get columns(): number {
    return this.#terminal.columns ?? 80;
  }

  override _write(chunk: unknown, _encoding: string, done: () => void): void {
    const text = String(chunk);
    if (text !== '\x1b7' && text !== '\x1b8') this.#terminal.write(text);
    done();
  }
}
