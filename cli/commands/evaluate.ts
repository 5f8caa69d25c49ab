import { type Command } from 'commander';
import type { BackendChoice } from '../../contract/backend.ts';
import type { AppError } from '../../contract/errors.ts';
import type { EvaluatedPicture, EvaluationSource, EvaluationSummary } from '../../contract/measure.ts';
import { invalid, noiseFactorOrAuto, pathText, quoted, wholeNumberFrom } from '../arguments.ts';
import { backendOption, jsonOption, modelOption, threadsOption } from '../clean-options.ts';
import { defaultMeans } from '../default-means.ts';
import { codeOfCounts } from '../exit-codes.ts';
import { decibelText, durationText, factorText, ssimText } from '../numbers.ts';
import { absolute, shown } from '../places.ts';
import { say, sayFailure } from '../say.ts';
import type { Session } from '../session.ts';

interface Options {
  readonly noiseFactor?: number | 'auto';
  readonly seed?: number;
  readonly clipped?: boolean;
  readonly blind?: boolean;
  readonly noisy?: string;
  readonly clean?: string;
  readonly model?: string;
  readonly backend?: BackendChoice;
  readonly threads?: number;
  readonly json?: boolean;
}

const help = `
Examples:
  unspeckle evaluate CBSD68/ --noise-factor 0.098039     clean pictures, Gaussian noise of σ 25 added
  unspeckle evaluate photos/ --noise-factor 0.1 --clipped --blind   as users' files are: 8 bit, factor measured
  unspeckle evaluate --noisy noisy/ --clean clean/       pairs with the same names; the factor is measured

The noise is added to the picture in floating point, neither clipped nor rounded unless --clipped is given; each
picture has a seed of its own, derived from --seed and its place. The answer is clipped and rounded to 8 bit.
PSNR is in dB with the data range 255, over all channels together; SSIM has a Gaussian window of σ 1.5, mean over
channels. Grey pictures are measured on one channel. Means are means over pictures.`;

export function addEvaluate(program: Command, session: Session): void {
  program
    .command('evaluate')
    .summary('measure how well a model cleans')
    .description('Compares cleaned pictures with clean originals: PSNR and SSIM, before and after.')
    .argument('[folder]', 'clean pictures, to which noise is added')
    .option('--noise-factor <F>', 'noise to add, 0 to 1 (0.1 is about σ 25); for pairs: what the network is told', noiseFactorOrAuto('--noise-factor'))
    .option('--seed <N>', 'seed of the noise (default: 0)', wholeNumberFrom('--seed', 0, 0xffffffff))
    .option('--clipped', 'clip and round the noisy pictures to 8 bit, as files are')
    .option('--blind', 'tell the network the measured noise factor, not the true one')
    .option('--noisy <DIR>', 'noisy halves of pairs', pathText('--noisy'))
    .option('--clean <DIR>', 'clean halves of pairs, with the same file names', pathText('--clean'))
    .addOption(modelOption())
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (folder: string | undefined, options: Options) => {
      session.exitCode = await evaluate(session, folder, options);
    }); // prettier-ignore
}

async function evaluate(session: Session, folder: string | undefined, options: Options): Promise<number> {
  const source = sourceFrom(session.host.cwd, folder, options);
  const means = await defaultMeans(session);
  const { model = 'default', backend = means.backend, threads = means.threads } = options;
  session.patience(say('evaluate-begins'));
  const result = await session.call((api) => api.evaluate({ source, model, backend, threads }));
  const { pictures, unreadable, summary } = result;
  const exitCode = codeOfCounts(pictures.length, unreadable.length);
  const { output, host, palette } = session;
  if (options.json) {
    for (const picture of pictures) output.json({ type: 'picture', ...picture });
    for (const { file, code, message } of unreadable)
      output.json({ type: 'failed', source: file, code, message });
    output.json({ type: 'summary', ...summary, failed: unreadable.length, exitCode });
    return exitCode;
  }
  for (const picture of pictures) output.line(pictureText(picture, host.cwd));
  for (const one of unreadable)
    output.note(palette.alarm(say('picture-failed', { message: sayFailure(one) })));
  output.line(palette.bold(summaryText(summary)));
  return exitCode;
}

/** Either a folder of clean pictures or two folders of pairs, with the options that belong to each. */
function sourceFrom(cwd: string, folder: string | undefined, options: Options): EvaluationSource {
  const { noisy, clean, noiseFactor } = options;
  if (noisy === undefined && clean === undefined) {
    if (folder === undefined) throw missing('folder', 'evaluate-needs-source');
    if (noiseFactor === undefined || noiseFactor === 'auto') {
      const received = noiseFactor === undefined ? say('received-nothing') : quoted(noiseFactor);
      throw invalid('--noise-factor', say('expect-given-noise-factor'), received);
    }
    return {
      kind: 'synthetic',
      folder: absolute(pathText('folder')(folder), cwd),
      noiseFactor,
      seed: options.seed ?? 0,
      clipped: options.clipped === true,
      blind: options.blind === true,
    };
  }
  if (folder !== undefined)
    throw invalid('folder', say('expect-absent-with', { other: '--noisy, --clean' }), quoted(folder));
  if (noisy === undefined) throw missing('--noisy', 'evaluate-needs-both');
  if (clean === undefined) throw missing('--clean', 'evaluate-needs-both');
  onlyWithAddedNoise(options);
  return {
    kind: 'pairs',
    noisy: absolute(noisy, cwd),
    clean: absolute(clean, cwd),
    noiseFactor: noiseFactor ?? 'auto',
  };
}

const missing = (parameter: string, why: 'evaluate-needs-source' | 'evaluate-needs-both'): AppError =>
  invalid(parameter, say(why), say('received-nothing'));

function onlyWithAddedNoise(options: Options): void {
  const flags = { seed: '--seed', clipped: '--clipped', blind: '--blind' } as const;
  for (const [name, flag] of Object.entries(flags) as [keyof typeof flags, string][]) {
    if (options[name] !== undefined) {
      throw invalid(flag, say('expect-absent-with', { other: '--noisy, --clean' }), say('received-both'));
    }
  }
}

const pictureText = (picture: EvaluatedPicture, cwd: string): string =>
  say('evaluate-line', {
    file: shown(picture.file, cwd),
    factor: factorText(picture.noiseFactor),
    noisyPsnr: decibelText(picture.noisyPsnr),
    psnr: decibelText(picture.psnr),
    noisySsim: ssimText(picture.noisySsim),
    ssim: ssimText(picture.ssim),
  });

const summaryText = (summary: EvaluationSummary): string =>
  say('evaluate-summary', {
    pictures: summary.pictures,
    noisyPsnr: decibelText(summary.noisyPsnr),
    psnr: decibelText(summary.psnr),
    noisySsim: ssimText(summary.noisySsim),
    ssim: ssimText(summary.ssim),
    model: summary.model,
    backend: summary.backend,
    seconds: durationText(summary.seconds),
  });
