import { type Command } from 'commander';
import { namedNetworks } from '../../contract/network.ts';
import { sigma255 } from '../../contract/noise.ts';
import type { SurveyFinding, TrainingSurvey } from '../../contract/train.ts';
import { pathText } from '../arguments.ts';
import { jsonOption } from '../clean-options.ts';
import { exitCodes } from '../exit-codes.ts';
import { factorText, sigmaText } from '../numbers.ts';
import { absolute, shown } from '../places.ts';
import { say } from '../say.ts';
import type { Session } from '../session.ts';
import { suggestion, tellFindings, writeFindings } from '../survey-lines.ts';
import { addPictureOptions, picturesOf, type TrainingOptions } from '../training-options.ts';

interface Options extends TrainingOptions {
  readonly json?: boolean;
}

/** Files and pairs that are named. */
const named = 10;

const help = `
Examples:
  unspeckle check holiday/                            clean pictures, to which noise would be added
  unspeckle check night/ --pairs "noisy/*,clean/*"    which pictures find a partner, and which do not
  unspeckle check stacks/ --only-noisy --json

Looks at the pictures of a training before it: how many, how large, how deep, how noisy, and what may be wrong with
them, each with what to do about it. Of more than 400, or of large ones for half a minute, a sample is looked at.
Nothing is written.

Exit codes: 0 nothing stands in the way · 1 they cannot be trained on · 3 some of them could not be used.`;

export function addCheck(program: Command, session: Session): void {
  const command = program
    .command('check')
    .summary('look at the pictures of a training')
    .description(
      'Says what training on these pictures would be like, and what to do about what is wrong with them.',
    )
    .argument('<folders...>', 'folders of pictures (searched in depth), or pictures');
  addPictureOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (folders: string[], options: Options) => {
      session.exitCode = await check(session, folders, options);
    });
}

async function check(session: Session, folders: readonly string[], options: Options): Promise<number> {
  const { patch = 64, validationShare = 0.1, seed = 0, network = 'unet-small' } = options;
  const pictures = picturesOf(options) ?? { kind: 'clean' };
  const paths = folders.map((folder) => absolute(pathText('folders')(folder), session.host.cwd));
  session.patience(say('check-begins'));
  const survey = await session.call((api) =>
    api.surveyTraining({
      folders: paths,
      pictures,
      network: namedNetworks[network],
      patch,
      validationShare,
      seed,
    }),
  );
  const exitCode = codeOf(survey);
  if (options.json) tellLines(session, survey, exitCode);
  else tell(session, survey);
  return exitCode;
}

/** Findings about pictures that are left out of a training. */
const leavesOut: ReadonlySet<SurveyFinding['code']> = new Set([
  'too-small',
  'unreadable',
  'pair-incomplete',
  'pair-mismatched',
]);

function codeOf({ findings }: TrainingSurvey): number {
  if (findings.some(({ weight }) => weight === 'stop')) return exitCodes.nothingDone;
  return findings.some(({ code }) => leavesOut.has(code)) ? exitCodes.someFailed : exitCodes.allDone;
}

function tell(session: Session, survey: TrainingSurvey): void {
  const { output, host } = session;
  const { pictures, files, looked, training, validation, sides, findings, pairs, suggestedPairs } = survey;
  const summary = pairs.length > 0 ? 'check-pairs' : 'check-summary';
  output.line(say(summary, { pictures, files, looked, training, validation }));
  if (sides) output.line(say('check-sides', { ...sides }));
  if (survey.noiseFactor !== null) output.line(kindsText(survey, survey.noiseFactor));
  if (pairs.length > 0) {
    const some = pairs.slice(0, named);
    output.line(say('check-pairs-shown', { count: some.length }));
    for (const { noisy, clean } of some) {
      output.line(say('check-pair', { noisy: shown(noisy, host.cwd), clean: shown(clean, host.cwd) }));
    }
  }
  if (suggestedPairs) {
    output.line(say(suggestion(pairs), suggestedPairs));
  }
  tellFindings(session, findings, named, (line) => output.line(line));
  if (findings.length === 0 && !suggestedPairs) output.line(say('check-good'));
}

function kindsText({ depths, grey, colour }: TrainingSurvey, factor: number): string {
  const list = Object.entries(depths).map(([bits, count]) => say('check-depth', { bits, count }));
  const noise = { factor: factorText(factor), sigma: sigmaText(factor) };
  return say('check-kinds', { depths: list.join(', '), grey, colour, ...noise });
}

function tellLines(session: Session, survey: TrainingSurvey, exitCode: number): void {
  const { output } = session;
  for (const { noisy, clean } of survey.pairs) output.json({ type: 'pair', noisy, clean });
  writeFindings(session, survey.findings);
  const { pictures, files, looked, training, validation, sides, depths, grey, colour, noiseFactor } = survey;
  output.json({
    type: 'summary',
    pictures,
    files,
    looked,
    training,
    validation,
    smallestSide: sides?.smallest ?? null,
    medianSide: sides?.median ?? null,
    largestSide: sides?.largest ?? null,
    bits8: depths['8'] ?? 0,
    bits16: depths['16'] ?? 0,
    bits32: depths['32'] ?? 0,
    grey,
    colour,
    noiseFactor,
    sigma: noiseFactor === null ? null : sigma255(noiseFactor),
    suggestedPairs: survey.suggestedPairs && `${survey.suggestedPairs.noisy},${survey.suggestedPairs.clean}`,
    exitCode,
  });
}
