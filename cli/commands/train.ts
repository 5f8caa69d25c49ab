import { Option, type Command } from 'commander';
import { AppError, failureOf } from '../../contract/errors.ts';
import { namedNetworks, networkNames, type NetworkConfig, type NetworkName } from '../../contract/network.ts';
import { parseNoise, type NoiseRange } from '../../contract/noise.ts';
import { parsePenalties, penaltyKinds, type Penalty } from '../../contract/penalties.ts';
import {
  endLossNames,
  lossNames,
  trainingConfig,
  trainingPictures,
  type EndLoss,
  type LossName,
  type TrainingConfig,
  type TrainingPictures,
} from '../../contract/train.ts';
import {
  invalid,
  numberAbove0,
  numberFrom,
  oneOf,
  pathText,
  quoted,
  someText,
  wholeNumberFrom,
} from '../arguments.ts';
import { jsonOption, threadsOption } from '../clean-options.ts';
import { isSameNetwork, networkText } from '../network-name.ts';
import { defaultMeans } from '../default-means.ts';
import { absolute } from '../places.ts';
import { runTraining } from '../run-training.ts';
import { say } from '../say.ts';
import type { Session } from '../session.ts';

interface Options {
  readonly name: string;
  readonly network?: NetworkName;
  readonly noise?: readonly NoiseRange[];
  readonly pairs?: TrainingPictures;
  readonly onlyNoisy?: boolean;
  readonly minutes?: number;
  readonly steps?: number;
  readonly from?: string;
  readonly seed?: number;
  readonly batch?: number;
  readonly patch?: number;
  readonly learningRate?: number;
  readonly loss?: LossName;
  readonly endLoss?: EndLoss;
  readonly penalty?: readonly Penalty[];
  readonly validationShare?: number;
  readonly threads?: number;
  readonly json?: boolean;
}

const defaultMinutes = 30;
const defaultNetwork = 'unet-small' satisfies NetworkName;
const longestMinutes = 60 * 24 * 365;

const help = `
Examples:
  unspeckle train holiday/ --name "My camera" --minutes 60
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

Networks: unet-small (fast, the default), unet-medium and unet-large (better, slower), classic (the textbook
autoencoder, grey, for learning how it works). With --from the network is that of the model it starts
from, and --network can be left out.

Exit codes: 0 trained · 1 could not be trained · 130, 143 stopped, with the best so far kept.`;

export function addTrain(program: Command, session: Session): void {
  program
    .command('train')
    .summary('teach a network on your own pictures')
    .description('Trains a network on clean pictures with noise added, on pairs or on noisy pictures, and keeps the best as a model of your own.')
    .argument('<folders...>', 'folders of pictures (searched in depth), or pictures')
    .requiredOption('--name <NAME>', 'name of the new model', modelName)
    .addOption(new Option('--network <NETWORK>', `${networkNames.join(', ')} (default: ${defaultNetwork})`).argParser(oneOf('--network', networkNames)))
    .option('--noise <NOISE>', 'kind:LOW-HIGH in noise factors (default: gaussian:0-0.22)', noise)
    .option('--pairs <NOISY,CLEAN>', 'the pictures are pairs, by patterns such as noisy/*,clean/*', pairs)
    .option('--only-noisy', 'the pictures are noisy and there are no clean ones')
    .option('--minutes <N>', `how long to train (default: ${defaultMinutes})`, numberAbove0('--minutes', longestMinutes))
    .option('--steps <N>', 'how many steps to train, instead of --minutes', wholeNumberFrom('--steps', 1, 1e9))
    .option('--from <MODEL>', 'start from the weights of this model', someText('--from'))
    .option('--seed <N>', 'seed of everything random (default: 0)', wholeNumberFrom('--seed', 0, 0xffffffff))
    .option('--batch <N>', 'patches a step (default: 16)', wholeNumberFrom('--batch', 1, 1024))
    .option('--patch <N>', 'side of the square patches in pixels (default: 64)', wholeNumberFrom('--patch', 8, 1024))
    .option('--learning-rate <R>', 'peak of the learning rate (default: 0.001)', numberAbove0('--learning-rate', 1e9))
    .addOption(new Option('--loss <LOSS>', `${lossNames.join(', ')} (default: the first; mean-squared-error for classic)`).argParser(oneOf('--loss', lossNames)))
    .addOption(new Option('--end-loss <LOSS>', `of the last tenth, after an absolute or Charbonnier loss: ${endLossNames.join(', ')} (default: the first)`).argParser(oneOf('--end-loss', endLossNames)))
    .option('--penalty <PENALTIES>', `added to the loss: kind:WEIGHT, joined by +, of ${penaltyKinds.join(', ')}`, penaltyText)
    .option('--validation-share <S>', 'share of the pictures kept for validation, 0 to 0.5 (default: 0.1)', numberFrom('--validation-share', 0, 0.5))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (folders: string[], options: Options) => {
      const config = await configFrom(session, folders, options);
      session.exitCode = await runTraining(session, config, options.json === true);
    }); // prettier-ignore
}

async function configFrom(
  session: Session,
  folders: readonly string[],
  options: Options,
): Promise<TrainingConfig> {
  const { minutes, steps, from = null } = options;
  if (minutes !== undefined && steps !== undefined) {
    throw invalid(
      '--steps',
      say('expect-one-of-two', { first: '--minutes', second: '--steps' }),
      say('received-both'),
    );
  }
  refuseTogether(options);
  const { name, seed, batch, patch, learningRate, loss, endLoss, validationShare } = options;
  const paths = folders.map((folder) => absolute(pathText('folders')(folder), session.host.cwd));
  const network = await networkFor(session, from, options.network);
  const { threads = (await defaultMeans(session)).threads } = options;
  return trainingConfig.parse({
    folders: paths,
    name,
    from,
    network,
    // The textbook network is trained as the textbook does.
    loss: loss ?? (network.kind === 'classic' ? 'mean-squared-error' : undefined),
    length: steps === undefined ? { minutes: minutes ?? defaultMinutes } : { steps },
    noise: options.noise,
    pictures: options.onlyNoisy ? { kind: 'noisy' } : options.pairs,
    penalties: options.penalty,
    seed, batch, patch, learningRate, endLoss, validationShare, threads,
  }); // prettier-ignore
}

/** The network of the model it starts from, else the one that was asked for. Asked for both, they must agree. */
async function networkFor(
  session: Session,
  from: string | null,
  asked: NetworkName | undefined,
): Promise<NetworkConfig> {
  if (from === null) return namedNetworks[asked ?? defaultNetwork];
  const { network } = (await session.call((api) => api.showModel({ model: from }))).card;
  if (asked === undefined || isSameNetwork(network, namedNetworks[asked])) return network;
  const expected = say('expect-network-of', { network: networkText(network), model: from });
  throw invalid('--network', expected, quoted(asked));
}

function modelName(text: string): string {
  if (text.trim().length > 0 && text.length <= 100) return text;
  throw invalid('--name', say('expect-short-text'), quoted(text));
}

/** Noise is added to clean pictures only; pictures are of one kind. */
function refuseTogether({ noise, pairs, onlyNoisy }: Options): void {
  const given = [
    ...(noise ? ['--noise'] : []),
    ...(pairs ? ['--pairs'] : []),
    ...(onlyNoisy ? ['--only-noisy'] : []),
  ];
  const [first, second] = given;
  if (first === undefined || second === undefined) return;
  throw invalid(second, say('expect-one-of-two', { first, second }), say('received-both'));
}

/** Two patterns with a comma between them. */
function pairs(text: string): TrainingPictures {
  const [noisy, clean, ...others] = text.split(',');
  const read = trainingPictures.safeParse({ kind: 'pairs', noisy, clean });
  if (read.success && clean !== undefined && others.length === 0) return read.data;
  throw invalid('--pairs', say('expect-pair-patterns'), quoted(text));
}

const noise = (text: string): readonly NoiseRange[] => readAs('--noise', parseNoise, text);

const penaltyText = (text: string): readonly Penalty[] => readAs('--penalty', parsePenalties, text);

/** What a grammar says no to is named after the option. */
function readAs<T>(option: string, read: (text: string) => T, text: string): T {
  try {
    return read(text);
  } catch (thrown) {
    const { code, details } = failureOf(thrown);
    throw new AppError(code, { ...details, parameter: option }, { cause: thrown });
  }
}
