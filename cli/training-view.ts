import type { JobEvent } from '../contract/jobs.ts';
import {
  leastGain,
  type TrainingOutcome,
  type TrainingProgress,
  type Validation,
} from '../contract/train.ts';
import { decibelText, durationText, longDurationText, lossText, rateText } from './numbers.ts';
import { ProgressBar } from './progress-bar.ts';
import { say, sayFailure, sayOnWasm, sayVerdict } from './say.ts';
import type { Session } from './session.ts';
import { fileText } from './survey-lines.ts';
import { Throttle } from './throttle.ts';

/** All that there is to say about a step fits on a line of 80 characters beside a bar of this width. */
const narrowBar = 8;

/** Without a terminal, one line in so many milliseconds, and one at each validation. */
const calmMs = 15_000;

/** Tells of a training while it runs. */
export interface Telling {
  onEvent(event: JobEvent): void;
  stop(): void;
}

/** A training as a person watches it: a line at each validation, and a bar on a terminal. */
export class TrainingView implements Telling {
  readonly #session: Session;
  readonly #blind: boolean;
  readonly #bar: ProgressBar;
  readonly #calm = new Throttle(calmMs);
  #latest: TrainingProgress | null = null;
  #validation: Validation | null = null;

  /** @param blind whether there are noisy pictures alone, which are judged at hidden pixels */
  constructor(session: Session, blind = false) {
    this.#session = session;
    this.#blind = blind;
    this.#bar = new ProgressBar(session, ({ bar }) => this.#barText(bar), narrowBar);
    this.#bar.start(1);
  }

  onEvent(event: JobEvent): void {
    const { output, host } = this.#session;
    if (event.type === 'engine-restarted') output.note(say('engine-restarted', { reason: event.reason }));
    if (event.type === 'training-begun') {
      const { training, validation } = event.begun;
      output.note(say('training-begun', { training, validation }));
    }
    if (event.type !== 'training') return;
    const { progress } = event;
    this.#tellNews(progress);
    this.#validation = progress.validation ?? progress.start ?? this.#validation;
    this.#latest = progress;
    this.#bar.update(fractionOf(progress));
    if (progress.validation) output.line(validatedLine(progress, progress.validation));
    else if (!host.stderr.isTTY && this.#calm.due('step')) output.line(stepLine(progress));
  }

  stop(): void {
    this.#bar.stop();
  }

  /** What is told once, or where something has changed. */
  #tellNews({ checkpoint, snapshot, resumed, backend, validation, start, verdict }: TrainingProgress): void {
    const { output } = this.#session;
    if (backend?.name === 'wasm' && !this.#latest) {
      output.note(sayOnWasm(backend.times));
      output.note(say('training-not-native', { reason: backend.instead }));
    }
    if (resumed) output.note(say('training-resumed', { step: resumed.step }));
    if (checkpoint?.failure) {
      const { step, failure } = checkpoint;
      output.note(say('training-checkpoint-failed', { step, reason: sayFailure(failure) }));
    }
    if (snapshot?.failure) {
      const { step, failure } = snapshot;
      output.note(say('training-snapshot-failed', { step, reason: sayFailure(failure) }));
    }
    const first = start ?? validation;
    if (first && !this.#validation) this.#tellLines(first);
    const said = this.#latest?.verdict.code ?? 'not-yet-known';
    if (verdict.code !== said && verdict.code !== 'not-yet-known') output.note(sayVerdict(verdict));
  }

  /** What is to be beaten. */
  #tellLines({ noisyPsnr, blurPsnr, startPsnr }: Validation): void {
    const { output } = this.#session;
    if (blurPsnr === undefined) return;
    const lines = { noisyPsnr: decibelText(noisyPsnr), blurPsnr: decibelText(blurPsnr) };
    if (startPsnr === undefined)
      output.note(say(this.#blind ? 'training-lines-blind' : 'training-lines', lines));
    else output.note(say('training-lines-start', { ...lines, startPsnr: decibelText(startPsnr) }));
  }

  #barText(bar: string): string {
    if (!this.#latest) return say('bar-training-start', { bar });
    return say('bar-training', {
      bar,
      ...stepDetails(this.#latest),
      psnr: this.#validation ? decibelText(this.#validation.psnr) : '–',
    });
  }
}

const fractionOf = ({ step, steps }: TrainingProgress): number => (steps > 0 ? Math.min(1, step / steps) : 0);

const stepDetails = ({ step, steps, loss, stepsPerSecond, secondsLeft }: TrainingProgress) => ({
  step,
  steps,
  loss: lossText(loss),
  speed: rateText(stepsPerSecond),
  left: say('time-left', { time: longDurationText(secondsLeft) }),
});

const stepLine = (progress: TrainingProgress): string => say('training-step', stepDetails(progress));

const validatedLine = (progress: TrainingProgress, { psnr, noisyPsnr, best }: Validation): string =>
  say('training-validated', {
    ...stepDetails(progress),
    psnr: decibelText(psnr),
    noisyPsnr: decibelText(noisyPsnr),
    best: best ? say('training-best') : '',
  });

/** What came of it. */
export function tellOutcome(
  { output, host, palette }: Session,
  outcome: TrainingOutcome,
  blind: boolean,
): void {
  for (const { file, reason } of outcome.leftOut) {
    output.note(say('training-left-out', { file: fileText(file, reason, host.cwd) }));
  }
  const { model, steps, pictures, validation } = outcome;
  const ended = outcome.stopped ? 'training-stopped' : 'training-done';
  output.line(palette.bold(say(ended, { model, steps, pictures, seconds: durationText(outcome.seconds) })));
  if (validation) for (const line of qualityLines(validation, model, blind)) output.line(line);
  if (outcome.endedBy) output.note(say('training-ended-early', { message: sayFailure(outcome.endedBy) }));
  output.line(say('training-folder', { folder: outcome.folder }));
  if (outcome.last)
    output.line(say('training-last', { folder: outcome.last.folder, step: outcome.last.step }));
  output.line(say('training-use', { model }));
}

/** How good it is, beside what it had to beat. */
function qualityLines(validation: Validation, model: string, blind: boolean): string[] {
  const { psnr, startPsnr, blurPsnr = -Infinity } = validation;
  const advice = startPsnr === undefined ? 'training-below-blur' : 'training-below-blur-start';
  const behindBlur = psnr < blurPsnr ? [say(advice, { blur: decibelText(blurPsnr) })] : [];
  return [...gainLines(validation, model, blind), ...behindBlur];
}

function gainLines({ psnr, noisyPsnr, startPsnr }: Validation, model: string, blind: boolean): string[] {
  const found = { psnr: decibelText(psnr), noisyPsnr: decibelText(noisyPsnr) };
  if (startPsnr !== undefined) {
    const gain = psnr - startPsnr;
    return [
      say(blind ? 'training-quality-blind-start' : 'training-quality-start', {
        ...found,
        startPsnr: decibelText(startPsnr),
      }),
      gain < leastGain ? say('training-no-gain') : say('training-gain', { gain: decibelText(gain) }),
    ];
  }
  return [
    say(blind ? 'training-quality-blind' : 'training-quality', found),
    ...(psnr > noisyPsnr ? [] : [say('training-worse', { model })]),
  ];
}
