import { createHash } from 'node:crypto';
import type { ViewRuntime } from '../../contract/engine-api.ts';
import type { ViewChoices } from '../../contract/view.ts';
import type { Strength } from '../../model/inference/strength.ts';
import type { TileNetwork } from '../../model/inference/tile-network.ts';
import type { PreparedNetworks } from '../jobs/clean.ts';
import type { TileGate } from '../tile-gate.ts';
import type { View } from './view.ts';
import type { ViewStore } from './view-store.ts';

/** What the calls about views share. */
export interface ViewDependencies {
  readonly views: ViewStore;
  readonly network: PreparedNetworks;
  readonly gate: TileGate;
}

/** What is done to the pixels of a view, decided as a batch would decide it. */
export interface Cleaning extends Strength {
  readonly network: TileNetwork;
  /** What the network is told. */
  readonly noiseFactor: number;
  readonly added: ViewChoices['added'];
  /** Nothing is changed: no strength, or a clean picture whose noise was to be measured. */
  readonly off: boolean;
  /** Bound for the engine's memory in bytes; 0: by what is free. */
  readonly memory: number;
  /** The same for everything that has the same answer of the network; strength does not change it. */
  readonly answer: string;
}

/**
 * In the playground the picture counts as clean, so `auto` is the factor of the noise that was added; else it is
 * that of the first page. A model is never told more than it knows.
 */
export async function cleaningOf(
  view: View,
  choices: ViewChoices,
  { model, runtime, memory }: ViewRuntime,
  { network: prepared }: ViewDependencies,
): Promise<Cleaning> {
  const { strength, colourStrength = strength, added, noiseFactor: wanted } = choices;
  const { card, network } = await prepared(model, runtime);
  const measured = wanted === 'auto' && !added ? await view.measure() : null;
  const told = measured?.noiseFactor ?? (wanted === 'auto' ? (added?.noiseFactor ?? 0) : wanted);
  const noiseFactor = Math.min(told, card.noise.largest);
  const clean = measured?.clean ?? false;
  const identity = [model.folder, card.weightsSha256, runtime.backend, noiseFactor, added];
  return {
    network,
    noiseFactor,
    strength,
    colourStrength,
    added,
    off: clean || (strength === 0 && colourStrength === 0),
    memory,
    answer: createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16),
  };
}
