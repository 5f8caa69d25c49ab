import { Option, type Command } from 'commander';
import { backendNames } from '../contract/backend.ts';
import { cleanSettings, type CleanSettings } from '../contract/clean.ts';
import { imageFormats } from '../contract/image.ts';
import type { Means } from './default-means.ts';
import {
  nameTemplate,
  nameTokens,
  noiseFactorOrAuto,
  numberFrom,
  oneOf,
  pathText,
  someText,
  wholeNumberFrom,
} from './arguments.ts';

/** The options of `clean` that become the settings of the job, as commander hands them over. */
export interface CleanOptions {
  readonly out?: string;
  readonly model?: string;
  readonly noiseFactor?: number | 'auto';
  readonly strength?: number;
  readonly colourStrength?: number;
  readonly format?: CleanSettings['format'];
  readonly quality?: number;
  readonly bitDepth?: 'same' | '8' | '16';
  readonly name?: string;
  readonly onConflict?: CleanSettings['onConflict'];
  readonly metadata?: CleanSettings['metadata'];
  readonly salvage?: boolean;
  readonly backend?: CleanSettings['backend'];
  readonly threads?: number;
}

const backendChoices = ['auto', ...backendNames] as const;

export const modelOption = (): Option =>
  new Option(
    '--model <ID>',
    'model to use; “unspeckle models list” shows what there is (default: default)',
  ).argParser(someText('--model'));

export const backendOption = (): Option =>
  new Option(
    '--backend <NAME>',
    `what the network runs on: ${backendChoices.join(', ')} (default: as in the settings; auto is the fastest that agrees)`,
  ).argParser(oneOf('--backend', backendChoices));

export const threadsOption = (): Option =>
  new Option(
    '--threads <N>',
    'threads of the network; 0 means all cores (default: as in the settings)',
  ).argParser(wholeNumberFrom('--threads', 0, 256));

export const jsonOption = (): Option =>
  new Option('--json', 'one JSON object a line on standard output; the last is the summary');

export function addCleanOptions(command: Command): Command {
  const option = <T>(flags: string, text: string, parse: (value: string) => T): Option =>
    new Option(flags, text).argParser(parse);
  const parts = [
    option('-o, --out <DIR>', 'folder for the results, with the tree of the sources (default: beside each source)', pathText('--out')),
    modelOption(),
    option('--noise-factor <F>', 'auto, or the standard deviation of the noise from 0 to 1 (default: auto)', noiseFactorOrAuto('--noise-factor')),
    option('--strength <S>', 'how much of the correction is applied, 0 to 1 (default: 1)', numberFrom('--strength', 0, 1)),
    option('--colour-strength <S>', 'the same for colour only (default: as --strength)', numberFrom('--colour-strength', 0, 1)),
    option('--format <F>', `same, ${imageFormats.join(', ')} (default: same)`, oneOf('--format', ['same', ...imageFormats] as const)),
    option('--quality <N>', 'for JPEG, WebP and AVIF, 1 to 100 (default: 95)', wholeNumberFrom('--quality', 1, 100)),
    option('--bit-depth <N>', 'same, 8 or 16 (default: same)', oneOf('--bit-depth', ['same', '8', '16'] as const)),
    option('--name <TEMPLATE>', `name without extension; ${tokenList} are filled in (default: {name}_denoised)`, nameTemplate('--name')),
    option('--on-conflict <RULE>', 'when the result exists: rename, skip or overwrite (default: rename)', oneOf('--on-conflict', ['rename', 'skip', 'overwrite'] as const)),
    option('--metadata <WHAT>', 'all, copyright or none (default: all)', oneOf('--metadata', ['all', 'copyright', 'none'] as const)),
    new Option('--salvage', 'read damaged files as far as they go; results are marked'),
    backendOption(),
    threadsOption(),
  ]; // prettier-ignore
  for (const part of parts) command.addOption(part);
  return command;
}

const tokenList = nameTokens.map((token) => `{${token}}`).join(' ');

/** The settings of a job; what was not given is as the person's settings, or the contract, have it. */
export function settingsFrom(options: CleanOptions, means: Means): CleanSettings {
  const { model, noiseFactor, strength, colourStrength, format, quality, name } = options;
  const { onConflict, metadata, salvage, backend = means.backend, threads = means.threads } = options;
  const bitDepth =
    options.bitDepth && options.bitDepth !== 'same' ? Number(options.bitDepth) : options.bitDepth;
  return cleanSettings.parse({
    model, noiseFactor, strength, colourStrength, format, quality, bitDepth, name, onConflict, metadata, salvage,
    backend, threads, memory: means.memory,
  }); // prettier-ignore
}
