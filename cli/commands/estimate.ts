import { type Command } from 'commander';
import type { EstimateResult } from '../../contract/app-api.ts';
import type { NoiseEstimate } from '../../contract/measure.ts';
import { sigma255 } from '../../contract/noise.ts';
import { pathText } from '../arguments.ts';
import { jsonOption } from '../clean-options.ts';
import { codeOfCounts } from '../exit-codes.ts';
import { factorText, sigmaText } from '../numbers.ts';
import { absolute, shown } from '../places.ts';
import { say, sayFailure } from '../say.ts';
import type { Session } from '../session.ts';

const help = `
Examples:
  unspeckle estimate photo.jpg
  unspeckle estimate holiday/ --json

The noise factor is the standard deviation of the noise where black is 0 and white is 1; σ is the same on the
scale from 0 to 255. The method is named with the answer. What is measured is the noise as stored in the file:
clipping at black and white, and JPEG, leave a little less of it than there was. Noise that a camera or JPEG has
smeared counts as the white noise that is as strong in coarse frequencies: that is what a model must be told.`;

export function addEstimate(program: Command, session: Session): void {
  program
    .command('estimate')
    .summary('measure how noisy pictures are')
    .description('Measures the noise factor of each picture. Nothing is written.')
    .argument('<paths...>', 'pictures and folders')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (paths: string[], options: { readonly json?: boolean }) => {
      session.exitCode = await estimate(session, paths, options.json === true);
    });
}

async function estimate(session: Session, paths: readonly string[], json: boolean): Promise<number> {
  const inputs = paths.map((path) => absolute(pathText('paths')(path), session.host.cwd));
  session.patience(say('estimate-begins'));
  const results = await session.call((api) => api.estimateNoise({ paths: inputs }));
  for (const result of results) {
    if (json) session.output.json(lineOf(result));
    else tell(session, result);
  }
  const measured = results.filter(isMeasured);
  const failed = results.length - measured.length;
  const exitCode = codeOfCounts(measured.length, failed);
  const mean = measured.length > 0 ? meanOf(measured.map(({ noiseFactor }) => noiseFactor)) : null;
  if (json) {
    const method = measured[0]?.method ?? null;
    session.output.json({
      type: 'summary',
      pictures: measured.length,
      failed,
      noiseFactor: mean,
      method,
      exitCode,
    });
  } else session.output.line(summaryText(measured, failed, mean));
  return exitCode;
}

const isMeasured = (result: EstimateResult): result is NoiseEstimate => !('code' in result);

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function lineOf(result: EstimateResult): object {
  if (!isMeasured(result)) {
    return { type: 'failed', source: result.file, code: result.code, message: result.message };
  }
  const { file, noiseFactor, channels, clean, area, method, seconds } = result;
  return {
    type: 'estimate',
    file,
    noiseFactor,
    sigma: sigma255(noiseFactor),
    channels,
    clean,
    areaX: area?.x ?? null,
    areaY: area?.y ?? null,
    areaWidth: area?.width ?? null,
    areaHeight: area?.height ?? null,
    method,
    seconds,
  };
}

function tell({ output, host, palette }: Session, result: EstimateResult): void {
  if (!isMeasured(result)) {
    output.note(palette.alarm(say('picture-failed', { message: sayFailure(result) })));
    return;
  }
  output.line(
    say('estimate-line', {
      file: shown(result.file, host.cwd),
      factor: factorText(result.noiseFactor),
      sigma: sigmaText(result.noiseFactor),
      clean: result.clean ? say('estimate-clean') : '',
    }),
  );
}

function summaryText(measured: readonly NoiseEstimate[], failed: number, mean: number | null): string {
  if (mean === null) return say('estimate-none', { failed });
  return say('estimate-summary', {
    pictures: measured.length,
    failed,
    factor: factorText(mean),
    sigma: sigmaText(mean),
    method: measured[0]?.method ?? '',
  });
}
