import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { copyingError, makeTemporaryFolder } from '../app/temporary-files.ts';
import {
  cleanJob,
  type CleanedPicture,
  type CleanJob,
  type CleanSettings,
  type SkippedInput,
} from '../contract/clean.ts';
import { AppError, failureOf } from '../contract/errors.ts';
import type { Notice } from '../contract/notice.ts';
import { phrase, withTexts } from '../contract/texts/fill-in.ts';
import { invalid } from './arguments.ts';
import { batchEnd, batchGraceMs, tellStopping } from './run-batch.ts';
import { followJob } from './follow-job.ts';
import { bytesText, durationText, factorText, sigmaText, speedText } from './numbers.ts';
import { secondsOn } from './picture-time.ts';
import { ProgressBar } from './progress-bar.ts';
import { say, sayNotice } from './say.ts';
import type { Session } from './session.ts';
import { isQuietSkip, skipReason } from './skip-reasons.ts';

/** The largest file that is taken from standard input. Larger pictures are refused by the engine anyway. */
export const largestInput = 4 * 1024 ** 3;

export interface PipeRequest {
  /** Absolute path of the picture, or null for standard input. */
  readonly source: string | null;
  /** Absolute path of the folder for the result, or null for standard output. */
  readonly out: string | null;
  readonly settings: CleanSettings;
}

/**
 * Cleans one picture that comes from standard input, or goes to standard output, or both. Nothing but the
 * picture is written to standard output. On the way it lies in a private folder that is removed in any case.
 */
export async function pipePicture(session: Session, { source, out, settings }: PipeRequest): Promise<number> {
  if (out === null && session.host.stdout.isTTY) {
    throw invalid('--out', say('expect-piped-output'), say('received-terminal'));
  }
  if (source === null && session.host.stdin.isTTY) {
    throw invalid('-', say('expect-piped-picture'), say('received-terminal'));
  }
  return inPrivateFolder(session, async (folder) => {
    const file = source ?? (await receive(session, folder));
    const job = cleanJob.parse({
      kind: 'clean',
      inputs: [file],
      out: out ?? join(folder, 'cleaned'),
      settings: out === null ? { ...settings, onConflict: 'rename' } : settings,
    });
    const picture = await named(source === null ? file : null, () => cleanOne(session, job));
    if (out === null) await send(session, picture.output);
    tell(session, picture);
    return 0;
  });
}

/** Runs the work with a folder only this user can look into, and removes it whatever happens. */
async function inPrivateFolder<T>(session: Session, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeTemporaryFolder(session.host.temporaryFolder);
  const keep = session.stopping.tidyAtOnce(() => rmSync(folder, { recursive: true, force: true }));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    keep();
  }
}

/** Standard input as a file, at most `largestInput` bytes. */
async function receive(session: Session, folder: string): Promise<string> {
  const arrived = join(folder, 'arrived');
  await mkdir(arrived, { mode: 0o700 });
  const file = join(arrived, 'stdin');
  let bytes = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > largestInput) {
        const reason = phrase('large-stdin', { limit: bytesText(largestInput) });
        done(new AppError('image-too-large', { file: say('standard-input'), reason }));
      } else done(null, chunk);
    },
  });
  const stdin: Readable = session.host.stdin;
  const { signal } = session.stopping;
  const arriving = pipeline(stdin, bound, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
  await session.stopping.race(arriving).catch((error: unknown) => {
    throw copyingError(error, say('standard-input'), file);
  });
  if (bytes === 0) throw new AppError('image-empty', { file: say('standard-input') });
  return file;
}

/** Cleans the one picture of a job. @throws AppError why it could not be cleaned */
async function cleanOne(session: Session, job: CleanJob): Promise<CleanedPicture> {
  const bar = new ProgressBar(session, ({ bar: drawn, percent, left }) =>
    say('bar-one-picture', { bar: drawn, percent, left }),
  );
  bar.start(1);
  try {
    const summary = await followJob(session, {
      start: (api) => api.startClean({ job, resume: false }),
      onEvent: (event) => {
        if (event.type === 'progress') bar.update(event.fraction);
      },
      graceMs: batchGraceMs,
      onStopping: () => tellStopping(session),
    });
    const { done, failed, skipped } = batchEnd(summary).report;
    if (done[0]) return done[0];
    if (failed[0]) throw new AppError(failed[0].code, failed[0].details);
    throw skipped[0] ? errorOfSkip(skipped[0]) : new AppError('cancelled');
  } finally {
    bar.stop();
  }
}

/** Of a folder such a picture is passed over; asked for by itself, it is an error. */
function errorOfSkip(skipped: SkippedInput): AppError {
  const { code, details, source } = skipped;
  if (isQuietSkip(code)) return invalid(source, say('expect-new-picture'), skipReason(skipped));
  return new AppError(code, details);
}

/** Lets errors speak of standard input instead of the private file it was put into. */
async function named<T>(piped: string | null, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const { code, details } = failureOf(thrown);
    const renamed = withTexts(details, (text) => (text === piped ? say('standard-input') : text));
    throw new AppError(code, renamed, { cause: thrown });
  }
}

/** The bytes of a finished picture, to standard output. A reader that left is no error worth a word. */
async function send({ host, stopping }: Session, file: string): Promise<void> {
  try {
    await pipeline(createReadStream(file), host.stdout, { end: false, signal: stopping.signal });
  } catch (thrown) {
    if (failureOf(thrown).code !== 'cancelled') stopping.request('SIGTERM');
    throw new AppError('cancelled', {}, { cause: thrown });
  }
}

/** What was done, beside the picture: on standard error. */
function tell({ output, palette }: Session, picture: CleanedPicture): void {
  const notices = picture.notices.filter(({ code }) => !aboutTheName.has(code)).map(sayNotice);
  const line = say('piped-done', {
    factor: factorText(picture.noiseFactor),
    sigma: sigmaText(picture.noiseFactor),
    seconds: durationText(secondsOn(picture)),
    speed: speedText(picture.megapixels, secondsOn(picture)),
  });
  const more = notices.length > 0 ? palette.dim(say('picture-notices', { notices: notices.join('; ') })) : '';
  output.note(line + more);
}

/** Notices on names, which a pipe does not have. */
const aboutTheName: ReadonlySet<Notice['code']> = new Set(['extension-corrected', 'output-renamed']);
