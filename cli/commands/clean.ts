import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Command } from 'commander';
import { cleanJob } from '../../contract/clean.ts';
import { pictureExtensions } from '../../contract/image.ts';
import { invalid, pathText, quoted } from '../arguments.ts';
import { addCleanOptions, jsonOption, settingsFrom, type CleanOptions } from '../clean-options.ts';
import { defaultMeans } from '../default-means.ts';
import { pipePicture } from '../pipe.ts';
import { absolute } from '../places.ts';
import { runBatch, showPlan } from '../run-batch.ts';
import { say } from '../say.ts';
import type { Session } from '../session.ts';

interface Options extends CleanOptions {
  readonly resume?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly report?: string;
}

const help = `
Examples:
  unspeckle clean holiday/                       cleaned copies beside the pictures, named …_denoised
  unspeckle clean holiday/ --out cleaned/        the same tree in another folder
  unspeckle clean scan.tif --noise-factor 0.1    told how noisy it is, instead of measuring it
  unspeckle clean *.jpg --strength 0.7 --colour-strength 1
  unspeckle clean scans/ --format png --bit-depth 16 --name '{name}_{model}'
  unspeckle clean holiday/ --out cleaned/ --resume       after an interruption: only what is missing
  unspeckle clean - < noisy.png > cleaned.png            one picture through a pipe

Noise factor: the standard deviation of the noise where black is 0 and white is 1. On the scale from 0 to 255
it is σ/255: 0.1 is about σ 25, plainly visible; 0.02 is a little grain; the models know up to 0.22 (σ 56).

Promises: sources are never written to. A result appears under its name only when it is complete. Nothing is
replaced unless --on-conflict overwrite is given. Results of Unspeckle are not cleaned again. Format, bit depth,
EXIF, XMP, colour profile, density, transparency and file times are kept; what a format cannot keep is said.

Names that begin with a dash come after two dashes: unspeckle clean -- -odd-name.png

Exit codes: 0 all done · 1 nothing could be done · 3 some failed · 130, 143 stopped (Ctrl-C, SIGTERM).`;

export function addClean(program: Command, session: Session): void {
  const command = program
    .command('clean')
    .summary('remove noise from pictures')
    .description(
      'Writes cleaned copies of pictures: files, folders (searched in depth), or - for one picture in a pipe.',
    )
    .argument('<paths...>', 'pictures and folders, or - for standard input');
  addCleanOptions(command)
    .option('--resume', 'go on with the last unfinished run of the same arguments')
    .option('--dry-run', 'show what would be done and write nothing')
    .option('--report <FILE>', 'also write the report (JSON) to this file', pathText('--report'))
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (paths: string[], options: Options) => {
      session.exitCode = await clean(session, paths, options);
    });
}

async function clean(session: Session, paths: readonly string[], options: Options): Promise<number> {
  const { cwd } = session.host;
  paths.forEach(pathText('paths'));
  if (paths.includes('-') || options.out === '-') return cleanPiped(session, paths, options);
  if (options.dryRun) mustBeAbsent(options, '--dry-run', ['resume', 'report']);
  const job = cleanJob.parse({
    kind: 'clean',
    inputs: paths.map((path) => absolute(path, cwd)),
    out: options.out === undefined ? null : await outputFolder(options.out, cwd),
    settings: settingsFrom(options, await defaultMeans(session)),
  });
  if (options.dryRun) return showPlan(session, job, options.json === true);
  return runBatch(session, {
    job,
    resume: options.resume === true,
    json: options.json === true,
    report: options.report === undefined ? null : absolute(options.report, cwd),
  });
}

/** Whoever names a picture here wants a file of that name, and would get a folder. */
async function outputFolder(path: string, cwd: string): Promise<string> {
  const folder = absolute(path, cwd);
  const found = await stat(folder).catch(() => null);
  const pictureName = pictureExtensions.includes(extname(folder).slice(1).toLowerCase());
  if (found ? found.isDirectory() : !pictureName) return folder;
  throw invalid('--out', say('expect-folder'), quoted(path));
}

/** One picture, with standard input or output at one end at least. */
async function cleanPiped(session: Session, paths: readonly string[], options: Options): Promise<number> {
  const { cwd } = session.host;
  const [path] = paths;
  if (path === undefined || paths.length > 1) {
    throw invalid('paths', say('expect-one-pipe'), quoted(paths.join(' ')));
  }
  mustBeAbsent(options, path === '-' ? '-' : '--out -', ['resume', 'dryRun', 'report', 'json']);
  return pipePicture(session, {
    source: path === '-' ? null : absolute(path, cwd),
    out: options.out === undefined || options.out === '-' ? null : absolute(options.out, cwd),
    settings: settingsFrom(options, await defaultMeans(session)),
  });
}

const flags = { resume: '--resume', dryRun: '--dry-run', report: '--report', json: '--json' } as const;

function mustBeAbsent(options: Options, other: string, names: readonly (keyof typeof flags)[]): void {
  const present = names.find((name) => options[name] !== undefined);
  if (present === undefined) return;
  throw invalid(flags[present], say('expect-absent-with', { other }), say('received-both'));
}
