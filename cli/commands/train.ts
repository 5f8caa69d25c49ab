import { type Command } from 'commander';
import type { TrainingConfig } from '../../contract/train.ts';
import { invalid, pathText, quoted } from '../arguments.ts';
import { jsonOption } from '../clean-options.ts';
import { absolute } from '../places.ts';
import { runTraining } from '../run-training.ts';
import { say } from '../say.ts';
import type { Session } from '../session.ts';
import { suggestion, tellFindings, writeFindings } from '../survey-lines.ts';
import { addTrainingOptions, trainingConfigFrom, type TrainingOptions } from '../training-options.ts';

interface Options extends TrainingOptions {
  readonly name: string;
  readonly resume?: boolean;
  readonly check?: boolean;
  readonly pin?: readonly string[];
  readonly preview?: string;
  readonly json?: boolean;
}

/** Pictures that can be looked at while it trains. */
const mostPinned = 4;
/** Files that are named of each finding; “check” names more. */
const fewNamed = 3;

const help = `
Examples:
  unspeckle train holiday/ --name "My camera" --recipe night-camera
  unspeckle train holiday/ --name "My camera" --minutes 60 --preview looks/
  unspeckle train scans/ more-scans/ --name scans --from gaussian-small --noise gaussian:0.02-0.15
  unspeckle train night/ --name "Night shots" --pairs "noisy/*,clean/*" --from gaussian-small
  unspeckle train stacks/ --name microscope --only-noisy --minutes 20
  unspeckle train digits/ --name digits --network classic --steps 2000 --seed 7

The pictures are clean: noise is added to them while training, and the network learns to take it away. Or they are
pairs of a noisy and a clean picture of the same scene and size, found by what their paths share (*): in folders with
--pairs "noisy/*,clean/*", by their names with --pairs "*_noisy,*_clean"; two noisy shots of a scene do nearly as
well. Or there are only noisy ones (--only-noisy), whose noise must be independent from pixel to pixel: microscopy
and scans, not JPEGs. TIFF pictures keep 16 bits and floats, and every page of a stack counts.

Noise is given as kind:LOW-HIGH in noise factors: the standard deviation where black is 0 and white is 1, so that
gaussian:0-0.22 is from none to about σ 56. The factor is drawn anew for each patch. Kinds: gaussian;
poisson-gaussian (a camera's); speckle (of lasers, radar, ultrasound: in proportion to brightness, up to 0.5);
salt-and-pepper (black and white dots, up to 0.5); correlated (grain, as cameras and resizing leave it); jpeg (its
amount is the quality, 1 to 100). Several are added in their order: poisson-gaussian:0.01-0.1+jpeg:30-95.

--penalty adds what classic autoencoders minimise beside the error, such as sparsity-l1:0.001 (a code of which little
is active), sparsity-kl:0.01:0.05 (each unit of it active 5 % of the time), contractive:0.001 (a code that hardly
changes with its input) or weight-decay:1e-5.

A part of the pictures (--validation-share) is never trained on and shows how well it learns: PSNR in dB, higher
is better. Ctrl-C stops and keeps the best so far. With --steps, the same pictures, seed and number of threads
give the same weights; with --minutes the speed of the machine decides how far it gets.

Networks: unet-small (fast, the default), unet-slim (as fast, with less memory: narrower and deeper), unet-medium and
unet-large (better, slower), classic (the textbook autoencoder, grey, for learning how it works). With --from the
network is that of the model it starts from, and --network can be left out.

--recipe makes all choices by what the training is for: night-camera (clean pictures of your camera; the noise of its
sensor is added), film-scans (grain), microscope (noisy pictures alone), old-jpegs, improve-built-in (gently, with the
noise the built-in model knows). They go on from the model that is the default, microscope from gaussian-small. An
option given beside one wins.

A checkpoint is written each minute or less. After a kill, a crash or Ctrl-C the same command with --resume goes on
where it was; --minutes or --steps may then be more. --preview writes up to four pictures (--pin, else some of the
validation) before and after at each checkpoint.

The pictures are looked at first, for half a minute at most, and what may be wrong with them is told; “unspeckle check
FOLDER” says more about it and trains nothing. With --no-check it begins at once.

Exit codes: 0 trained · 1 could not be trained · 3 trained, but some pictures could not be used or it ended early ·
130, 143 stopped, with the best so far kept.`;

export function addTrain(program: Command, session: Session): void {
  const command = program
    .command('train')
    .summary('teach a network on your own pictures')
    .description(
      'Trains a network on clean pictures with noise added, on pairs or on noisy pictures, and keeps the best as a model of your own.',
    )
    .argument('<folders...>', 'folders of pictures (searched in depth), or pictures')
    .requiredOption('--name <NAME>', 'name of the new model', modelName);
  addTrainingOptions(command)
    .option('--resume', 'go on with the last training of the same choices')
    .option('--no-check', 'do not look at the pictures first')
    .option('--preview <DIR>', 'write pictures before and after to this folder at each checkpoint', pathText('--preview'))
    .option('--pin <FILE>', `a picture for --preview, up to ${mostPinned} times (default: some of the validation)`, pinned)
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (folders: string[], options: Options) => {
      session.exitCode = await train(session, folders, options);
    });
} // prettier-ignore

async function train(session: Session, folders: readonly string[], options: Options): Promise<number> {
  const { cwd } = session.host;
  const config = await trainingConfigFrom(session, folders, options.name, options);
  const { pin = [], resume = false, recipe = null, preview, check = true } = options;
  if (check && !resume) await lookFirst(session, config, options.json === true);
  const order = {
    config,
    resume,
    recipe,
    pinned: pin.map((file) => ({ file: absolute(file, cwd), page: 0 })),
    preview: preview === undefined ? null : absolute(preview, cwd),
  };
  return runTraining(session, order, options.json === true);
}

/** Says what may be wrong with the pictures before hours are spent on them; whether they can be used, training says. */
async function lookFirst(session: Session, config: TrainingConfig, json: boolean): Promise<void> {
  const { folders, pictures, network, patch, validationShare, seed } = config;
  session.patience(say('check-begins'));
  const { findings, pairs, suggestedPairs } = await session.call((api) =>
    api.surveyTraining({ folders, pictures, network, patch, validationShare, seed }),
  );
  const { output } = session;
  if (json) writeFindings(session, findings);
  else {
    if (suggestedPairs) output.note(say(suggestion(pairs), suggestedPairs));
    tellFindings(session, findings, fewNamed, (line) => output.note(line));
  }
}

function modelName(text: string): string {
  if (text.trim().length > 0 && text.length <= 100) return text;
  throw invalid('--name', say('expect-short-text'), quoted(text));
}

function pinned(file: string, before: readonly string[] = []): readonly string[] {
  if (before.length < mostPinned) return [...before, pathText('--pin')(file)];
  throw invalid('--pin', say('expect-at-most', { most: mostPinned }), quoted(file));
}
