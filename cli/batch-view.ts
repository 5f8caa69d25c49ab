import { dirname } from 'node:path';
import type { CleanedPicture } from '../contract/clean.ts';
import type { JobEvent, CleanReport } from '../contract/jobs.ts';
import { isTrouble } from './exit-codes.ts';
import { durationText, factorText, sigmaText, speedText } from './numbers.ts';
import { shellQuoted, shown } from './places.ts';
import { secondsOn } from './picture-time.ts';
import { ProgressBar } from './progress-bar.ts';
import { say, sayFailure, sayNotice } from './say.ts';
import type { Session } from './session.ts';
import { groupSkips, skipText } from './skip-reasons.ts';

/** A batch as a person watches it: a line for each picture, a bar on a terminal, and what came of it all. */
export class BatchView {
  readonly #session: Session;
  readonly #bar: ProgressBar;
  /** Fractions of the pictures that are being worked on. */
  readonly #active = new Map<string, number>();
  /** Planned and not yet settled. */
  readonly #pending = new Set<string>();
  #total = 0;
  /** Planned and done by an earlier run. */
  #doneBefore = 0;

  constructor(session: Session) {
    this.#session = session;
    this.#bar = new ProgressBar(session, ({ bar, left }) =>
      say('bar-pictures', {
        bar,
        left,
        done: this.#finished,
        total: this.#total,
        name: this.#currentName(),
      }),
    );
  }

  onEvent(event: JobEvent): void {
    const { output } = this.#session;
    switch (event.type) {
      case 'planned':
        for (const { source } of event.plan.pictures) this.#pending.add(source);
        this.#total = this.#pending.size;
        this.#bar.start(this.#total);
        break;
      case 'started':
        this.#active.set(event.source, 0);
        break;
      case 'progress':
        this.#active.set(event.source, event.fraction);
        break;
      case 'done':
        this.#finish(event.picture.source);
        output.line(this.pictureLine(event.picture));
        break;
      case 'failed':
        this.#finish(event.source);
        output.note(this.#alarm(say('picture-failed', { message: sayFailure(event) })));
        break;
      case 'skipped':
        this.#finish(event.skipped.source);
        if (event.skipped.code === 'already-done') this.#doneBefore++;
        break;
      case 'engine-restarted':
        output.note(say('engine-restarted', { reason: event.reason }));
        break;
      case 'training-begun':
      case 'training':
      case 'summary':
        break;
    }
    this.#bar.update(this.#finished + [...this.#active.values()].reduce((sum, part) => sum + part, 0));
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar.stop();
  }

  pictureLine(picture: CleanedPicture): string {
    const { cwd } = this.#session.host;
    const line = say('picture-done', {
      source: shown(picture.source, cwd),
      output: shown(picture.output, cwd),
      factor: factorText(picture.noiseFactor),
      sigma: sigmaText(picture.noiseFactor),
      seconds: durationText(secondsOn(picture)),
      speed: speedText(picture.megapixels, secondsOn(picture)),
    });
    if (picture.notices.length === 0) return line;
    const notices = picture.notices.map(sayNotice).join('; ');
    return line + this.#session.palette.dim(say('picture-notices', { notices }));
  }

  /** The end of a batch: what was not tried and why, how many, where they are. */
  summarise(report: CleanReport, reportFile: string, copied: boolean): void {
    const { output, palette } = this.#session;
    this.#tellSkips(report);
    output.line(palette.bold(countsLine(report)));
    if (report.done.length > 0) output.line(say('batch-files', { place: this.#placeOf(report) }));
    output.line(say(copied ? 'batch-report' : 'batch-report-readable', { file: reportFile }));
    if (report.endedBy) output.note(this.#alarm(say('batch-ended', { message: sayFailure(report.endedBy) })));
    if (this.#total > 0 && this.#doneBefore === this.#total) output.line(say('batch-nothing-left'));
    if (report.stopped) output.note(say('batch-stopped'));
    else output.line(say('batch-again', { file: shellQuoted(reportFile) }));
  }

  #tellSkips(report: CleanReport): void {
    const { output, host } = this.#session;
    const { single, counts } = groupSkips(report.skipped);
    for (const one of single) {
      output.note(this.#alarm(skipText(one, report.job.inputs, host.cwd)));
    }
    for (const { count, reason } of counts) output.line(say('skipped-count', { count, reason }));
  }

  #placeOf({ done, job }: CleanReport): string {
    const { cwd } = this.#session.host;
    const folders = new Set(done.map((picture) => dirname(picture.output)));
    const [only] = folders;
    if (job.out !== null) return shown(job.out, cwd);
    return folders.size === 1 && only !== undefined ? shown(only, cwd) : say('batch-beside');
  }

  #finish(source: string): void {
    this.#active.delete(source);
    this.#pending.delete(source);
  }

  get #finished(): number {
    return this.#total - this.#pending.size;
  }

  #currentName(): string {
    const [source] = this.#active.keys();
    return source === undefined ? '' : shown(source, this.#session.host.cwd);
  }

  #alarm(text: string): string {
    return this.#session.palette.alarm(text);
  }
}

function countsLine(report: CleanReport): string {
  const unchanged = report.done.filter((picture) => picture.unchanged).length;
  // What was asked for and could not be tried counts as failed, as in the exit code.
  const missing = report.skipped.filter((one) => isTrouble(one, report.job.inputs)).length;
  return [
    say('batch-counts', {
      done: report.done.length,
      failed: report.failed.length + missing,
      skipped: report.skipped.length - missing,
    }),
    report.pending > 0 ? say('batch-pending', { pending: report.pending }) : '',
    unchanged > 0 ? say('batch-unchanged', { unchanged }) : '',
    say('batch-speed', {
      seconds: durationText(report.seconds),
      speed: speedText(report.megapixels, report.seconds),
    }),
  ].join('');
}
