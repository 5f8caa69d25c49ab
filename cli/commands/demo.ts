import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { cleanJob, type CleanedPicture, type CleanJob } from '../../contract/clean.ts';
import type { CleanReport } from '../../contract/jobs.ts';
import { jsonOption, modelOption } from '../clean-options.ts';
import { defaultMeans } from '../default-means.ts';
import { codeOfReport, stoppedCode } from '../exit-codes.ts';
import { followJob } from '../follow-job.ts';
import { decibelText, durationText, factorText, speedText } from '../numbers.ts';
import { absolute, shown } from '../places.ts';
import { secondsOn } from '../picture-time.ts';
import { ProgressBar } from '../progress-bar.ts';
import { batchEnd, batchGraceMs, tellStopping } from '../run-batch.ts';
import { readSamples, type SamplePicture } from '../sample-pictures.ts';
import { printable } from '../printable.ts';
import { say, sayFailure, sayNotice } from '../say.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

interface Options {
  readonly model?: string;
  readonly json?: boolean;
}

/** A sample after cleaning; PSNR against its clean original, where one ships. */
interface Row {
  readonly sample: SamplePicture;
  readonly picture: CleanedPicture;
  readonly psnr: { readonly before: number; readonly after: number } | null;
}

const outputFolder = 'demo-output';
const sheetName = 'before-after.png';

const help = `
Writes the cleaned samples and a sheet with all of them before and after to ${outputFolder}/ in the current folder.
Running it again replaces what it wrote there before.`;

export function addDemo(program: Command, session: Session): void {
  program
    .command('demo')
    .summary('clean the sample pictures')
    .description('Cleans the sample pictures that ship with Unspeckle and shows what came of it.')
    .addOption(modelOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (options: Options) => {
      session.exitCode = await demo(session, options);
    });
}

async function demo(session: Session, options: Options): Promise<number> {
  const { output, host } = session;
  const samples = await readSamples(host.root);
  const out = absolute(outputFolder, host.cwd);
  const job = cleanJob.parse({
    kind: 'clean',
    inputs: samples.map(({ noisy }) => noisy),
    out,
    settings: { ...(await defaultMeans(session)), model: options.model, onConflict: 'overwrite' },
  });
  if (!options.json) output.line(say('demo-intro', { pictures: samples.length }));
  const report = await cleanSamples(session, job);
  const rows = await compare(session, samples, report);
  if (options.json) tellRowLines(session, rows, report);
  else tellRows(session, rows, report);
  const sheet = rows.length > 0 ? await makeSheet(session, rows, join(out, sheetName)) : null;
  const exitCode = report.stopped ? stoppedCode(session.stopping.by ?? 'SIGTERM') : codeOfReport(report);
  if (options.json) tellSummaryLine(session, { report, sheet, exitCode });
  else tellPlaces(session, out, sheet);
  return exitCode;
}

async function cleanSamples(session: Session, job: CleanJob): Promise<CleanReport> {
  let [done, total] = [0, job.inputs.length];
  const bar = new ProgressBar(session, (state) =>
    say('bar-pictures', { bar: state.bar, left: state.left, done, total, name: '' }),
  );
  bar.start(total);
  try {
    const summary = await followJob(session, {
      start: (api) => api.startClean({ job, resume: false }),
      onEvent: (event) => {
        if (event.type === 'planned') total = event.plan.pictures.length;
        if (event.type === 'done' || event.type === 'failed') bar.update(++done);
        if (event.type === 'progress') bar.update(done + event.fraction);
      },
      graceMs: batchGraceMs,
      onStopping: () => tellStopping(session),
    });
    return batchEnd(summary).report;
  } finally {
    bar.stop();
  }
}

/** Measures each sample that has a clean original, before and after. */
async function compare(
  session: Session,
  samples: readonly SamplePicture[],
  { done }: CleanReport,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const sample of samples) {
    const picture = done.find(({ source }) => source === sample.noisy);
    if (!picture) continue;
    const { clean } = sample;
    const psnrOf = async (file: string, original: string): Promise<number> =>
      (await session.call((api) => api.compareImages({ file, clean: original }))).psnr;
    const psnr = clean && {
      before: await psnrOf(sample.noisy, clean),
      after: await psnrOf(picture.output, clean),
    };
    rows.push({ sample, picture, psnr: psnr || null });
  }
  return rows;
}

async function makeSheet(session: Session, rows: readonly Row[], output: string): Promise<string> {
  // The sheet of an earlier demonstration, which this one replaces.
  await rm(output, { force: true });
  const sheetRows = rows.map(({ sample, picture }) => ({
    title: sample.title,
    noisy: sample.noisy,
    denoised: picture.output,
    clean: sample.clean,
  }));
  const sheet = await session.call((api) => api.contactSheet({ rows: sheetRows, output }));
  return sheet.output;
}

const columns = [
  { title: 'PICTURE' },
  { title: 'NOISE FOUND', align: 'right' },
  { title: 'ADDED', align: 'right' },
  { title: 'TIME', align: 'right' },
  { title: 'SPEED', align: 'right' },
  { title: 'PSNR BEFORE → AFTER', align: 'right' },
  { title: 'CLEANED PICTURE' },
] as const;

function tellRows(session: Session, rows: readonly Row[], report: CleanReport): void {
  const { output, host, palette } = session;
  const [head = '', ...lines] = table(
    columns,
    rows.map((row) => cellsOf(row, host.cwd)),
  );
  output.line(palette.dim(head));
  for (const line of lines) output.line(line);
  for (const { picture } of rows) tellNotices(session, picture);
  for (const failure of report.failed) {
    output.note(palette.alarm(say('picture-failed', { message: sayFailure(failure) })));
  }
  const [first] = rows;
  if (first) output.line(say('demo-model', { model: first.picture.model, backend: first.picture.backend }));
}

function tellPlaces({ output, host, palette }: Session, out: string, sheet: string | null): void {
  output.line(say('demo-files', { place: shown(out, host.cwd) }));
  if (sheet !== null) output.line(palette.bold(say('demo-sheet', { file: shown(sheet, host.cwd) })));
}

function tellNotices({ output, host, palette }: Session, { output: file, notices }: CleanedPicture): void {
  if (notices.length === 0) return;
  const told = say('demo-notices', {
    file: shown(file, host.cwd),
    notices: notices.map(sayNotice).join('; '),
  });
  output.line(palette.dim(told));
}

function cellsOf({ sample, picture, psnr }: Row, cwd: string): string[] {
  return [
    printable(sample.title),
    factorText(picture.noiseFactor),
    sample.noiseFactor === null ? '–' : factorText(sample.noiseFactor),
    durationText(secondsOn(picture)),
    speedText(picture.megapixels, secondsOn(picture)),
    psnr ? `${decibelText(psnr.before)} → ${decibelText(psnr.after)} dB` : '–',
    printable(shown(picture.output, cwd)),
  ];
}

function tellRowLines({ output }: Session, rows: readonly Row[], { failed }: CleanReport): void {
  for (const { sample, picture, psnr } of rows) {
    output.json({
      type: 'picture',
      title: sample.title,
      source: picture.source,
      output: picture.output,
      noiseFactor: picture.noiseFactor,
      addedNoiseFactor: sample.noiseFactor,
      seconds: secondsOn(picture),
      megapixels: picture.megapixels,
      megapixelsPerSecond: picture.megapixels / secondsOn(picture),
      noisyPsnr: psnr?.before ?? null,
      psnr: psnr?.after ?? null,
      notices: picture.notices.map(({ code }) => code),
    });
  }
  for (const { source, code, message } of failed) output.json({ type: 'failed', source, code, message });
}

function tellSummaryLine(
  { output }: Session,
  { report, sheet, exitCode }: { report: CleanReport; sheet: string | null; exitCode: number },
): void {
  const { done, failed, stopped, job } = report;
  output.json({
    type: 'summary',
    done: done.length,
    failed: failed.length,
    stopped,
    out: job.out,
    contactSheet: sheet,
    exitCode,
  });
}
