import { Option, type Command } from 'commander';
import { AppError, failureOf } from '../contract/errors.ts';
import { namedNetworks, networkNames, type NetworkConfig, type NetworkName } from '../contract/network.ts';
import { parseNoise, type NoiseRange } from '../contract/noise.ts';
import { parsePenalties, penaltyKinds, type Penalty } from '../contract/penalties.ts';
import { choicesOf, recipeNames, recipes, usualFor, type RecipeName } from '../contract/recipes.ts';
import {
  augmentations,
  endLossNames,
  lossNames,
  scheduleNames,
  trainingConfig,
  trainingPictures,
  type Augmentation,
  type EndLoss,
  type LossName,
  type ScheduleName,
  type TrainingConfig,
  type TrainingPictures,
} from '../contract/train.ts';
import { invalid, numberAbove0, numberFrom, oneOf, pathText, quoted, someText, wholeNumberFrom } from './arguments.ts'; // prettier-ignore
import { threadsOption } from './clean-options.ts';
import { defaultMeans } from './default-means.ts';
import { isSameNetwork, networkText } from './network-name.ts';
import { absolute } from './places.ts';
import { say } from './say.ts';
import type { Session } from './session.ts';

/** The choices of a training as commander hands them over. */
export interface TrainingOptions {
  readonly recipe?: RecipeName;
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
  readonly augmentation?: Augmentation;
  readonly learningRate?: number;
  readonly schedule?: ScheduleName;
  readonly warmUp?: number;
  readonly loss?: LossName;
  readonly endLoss?: EndLoss;
  readonly penalty?: readonly Penalty[];
  readonly clippedShare?: number;
  readonly greyShare?: number;
  readonly wrongFactorShare?: number;
  readonly gradientNorm?: number;
  readonly averaging?: number;
  readonly validationShare?: number;
  readonly validateEvery?: number;
  readonly cache?: number;
  readonly threads?: number;
}

const defaultMinutes = 30;
const defaultNetwork = 'unet-small' satisfies NetworkName;
const longestMinutes = 60 * 24 * 365;
const megabyte = 2 ** 20;

/** What the pictures are, and how they are divided: what looking at a folder needs to know, too. */
export function addPictureOptions(command: Command): Command {
  return command
    .option('--pairs <NOISY,CLEAN>', 'the pictures are pairs, by patterns such as noisy/*,clean/*', pairs)
    .option('--only-noisy', 'the pictures are noisy and there are no clean ones')
    .option('--patch <N>', 'side of the square patches in pixels (default: 64)', wholeNumberFrom('--patch', 8, 1024))
    .option('--validation-share <S>', 'share of the pictures kept for validation, 0 to 0.5 (default: 0.1)', numberFrom('--validation-share', 0, 0.5))
    .option('--seed <N>', 'seed of everything random (default: 0)', wholeNumberFrom('--seed', 0, 0xffffffff))
    .addOption(choice('--network <NETWORK>', `${networkNames.join(', ')} (default: ${defaultNetwork})`, oneOf('--network', networkNames)));
} // prettier-ignore

export function addTrainingOptions(command: Command): Command {
  const share = (name: string, what: string, usual: number) =>
    choice(`--${name} <S>`, `${what}, 0 to 1 (default: ${usual})`, numberFrom(`--${name}`, 0, 1));
  command.addOption(choice('--recipe <NAME>', `a set of choices by what it is for: ${recipeNames.join(', ')}; an option given beside it wins`, oneOf('--recipe', recipeNames)));
  addPictureOptions(command)
    .option('--from <MODEL>', 'start from the weights of this model', someText('--from'))
    .option('--noise <NOISE>', 'kind:LOW-HIGH in noise factors (default: gaussian:0-0.22)', noise)
    .option('--minutes <N>', `how long to train (default: ${defaultMinutes})`, numberAbove0('--minutes', longestMinutes))
    .option('--steps <N>', 'how many steps to train, instead of --minutes', wholeNumberFrom('--steps', 1, 1e9))
    .option('--batch <N>', 'patches a step (default: 16)', wholeNumberFrom('--batch', 1, 1024))
    .addOption(choice('--augmentation <A>', `how patches are varied: ${augmentations.join(', ')} (default: the first)`, oneOf('--augmentation', augmentations)))
    .option('--learning-rate <R>', 'peak of the learning rate (default: 0.001; 0.0003 with --from)', numberAbove0('--learning-rate', 1e9))
    .addOption(choice('--schedule <S>', `how the learning rate goes after the warm-up: ${scheduleNames.join(', ')} (default: the first)`, oneOf('--schedule', scheduleNames)))
    .option('--warm-up <N>', 'steps until the peak (default: 200; 100 with --from)', wholeNumberFrom('--warm-up', 0, 1e9))
    .addOption(choice('--loss <LOSS>', `${lossNames.join(', ')} (default: the first; mean-squared-error for classic and with --only-noisy)`, oneOf('--loss', lossNames)))
    .addOption(choice('--end-loss <LOSS>', `of the last tenth, after an absolute or Charbonnier loss: ${endLossNames.join(', ')} (default: the first)`, oneOf('--end-loss', endLossNames)))
    .option('--penalty <PENALTIES>', `added to the loss: kind:WEIGHT, joined by +, of ${penaltyKinds.join(', ')}`, penaltyText)
    .addOption(share('clipped-share', 'share of the patches whose noise is clipped and rounded as in files', 0.5))
    .addOption(share('grey-share', 'share of the patches of a colour network that are grey', 0.15))
    .addOption(share('wrong-factor-share', 'share of the patches that are told a slightly wrong noise factor', 0.1))
    .option('--gradient-norm <N>', 'length to which gradients are clipped (default: 0.5)', numberAbove0('--gradient-norm', 1e9))
    .option('--averaging <D>', 'decay of the averaged weights a step (default: 0.999)', numberFrom('--averaging', 0, 0.99999))
    .option('--validate-every <N>', 'steps between validations (default: 500)', wholeNumberFrom('--validate-every', 1, 1e9))
    .option('--cache <MB>', 'megabytes of pictures that are kept in memory (default: 1024)', wholeNumberFrom('--cache', 0, 1e6))
    .addOption(threadsOption());
  return command;
} // prettier-ignore

const choice = <T>(flags: string, text: string, parse: (value: string) => T): Option =>
  new Option(flags, text).argParser(parse);

/** The recipe's choices over the defaults, and what was asked for over both. */
export async function trainingConfigFrom(
  session: Session,
  folders: readonly string[],
  name: string,
  options: TrainingOptions,
): Promise<TrainingConfig> {
  const { minutes, steps } = options;
  if (minutes !== undefined && steps !== undefined) {
    const expected = say('expect-one-of-two', { first: '--minutes', second: '--steps' });
    throw invalid('--steps', expected, say('received-both'));
  }
  const pictures = picturesOf(options);
  const paths = folders.map((folder) => absolute(pathText('folders')(folder), session.host.cwd));
  const { from, network, recipe } = await startOf(session, options);
  const { threads = (await defaultMeans(session)).threads } = options;
  const length = steps !== undefined ? { steps } : minutes !== undefined ? { minutes } : recipe.length;
  const { seed, batch, patch, learningRate, endLoss, validationShare } = options;
  const { augmentation, schedule, clippedShare, greyShare, wrongFactorShare, gradientNorm, averaging } =
    options;
  const asked = {
    pictures, seed, batch, patch, learningRate, endLoss, validationShare, augmentation, schedule, clippedShare,
    greyShare, wrongFactorShare, gradientNorm, averaging, noise: options.noise, penalties: options.penalty,
    warmUpSteps: options.warmUp, validateEvery: options.validateEvery,
    cache: options.cache === undefined ? undefined : options.cache * megabyte,
    loss: options.loss,
  }; // prettier-ignore
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  const kind = pictures ?? recipe.pictures ?? { kind: 'clean' };
  return trainingConfig.parse({
    ...usualFor({ from, network, pictures: trainingPictures.parse(kind) }),
    ...recipe,
    ...Object.fromEntries(given),
    folders: paths,
    name,
    from,
    network,
    length: length ?? { minutes: defaultMinutes },
    threads,
  });
}

type RecipeChoices = Partial<ReturnType<typeof choicesOf>>;

/** The model it starts from with its network, and the choices of the recipe, which may depend on both. */
async function startOf(
  session: Session,
  { recipe, from, network: asked }: TrainingOptions,
): Promise<{ from: string | null; network: NetworkConfig; recipe: RecipeChoices }> {
  const named = from ?? (recipe !== undefined && asked === undefined ? recipes[recipe].start : undefined);
  if (named === undefined) {
    const choices: RecipeChoices = recipe ? choicesOf(recipe, null) : {};
    const network = asked ? namedNetworks[asked] : (choices.network ?? namedNetworks[defaultNetwork]);
    return { from: null, network, recipe: choices };
  }
  const { id, card } = await session.call((api) => api.showModel({ model: named }));
  if (asked !== undefined && !isSameNetwork(card.network, namedNetworks[asked])) {
    const expected = say('expect-network-of', { network: networkText(card.network), model: named });
    throw invalid('--network', expected, quoted(asked));
  }
  return { from: from ?? id, network: card.network, recipe: recipe ? choicesOf(recipe, card) : {} };
}

/** Noise is added to clean pictures only; pictures are of one kind. Nothing where nothing was said. */
export function picturesOf({ noise, pairs, onlyNoisy }: TrainingOptions): TrainingPictures | undefined {
  const given = [
    ...(noise ? ['--noise'] : []),
    ...(pairs ? ['--pairs'] : []),
    ...(onlyNoisy ? ['--only-noisy'] : []),
  ];
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    throw invalid(second, say('expect-one-of-two', { first, second }), say('received-both'));
  }
  if (noise) return { kind: 'clean' };
  return onlyNoisy ? { kind: 'noisy' } : pairs;
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
