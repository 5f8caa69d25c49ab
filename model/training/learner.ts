import type * as tf from '@tensorflow/tfjs';
import { buildNetwork } from '../networks/build.ts';
import type { NetworkConfig } from '../../contract/network.ts';
import { assignWeights, weightsOf, type NamedWeights } from '../networks/weights.ts';
import { Adam, type AdamState } from './adam.ts';

/** Everything that a training has learnt, by value: with the batches to come, all that decides on its future. */
export interface LearnerState {
  /** Steps done. */
  readonly step: number;
  /** See `end-loss.ts`. */
  readonly typicalError: number | null;
  readonly weights: NamedWeights;
  readonly averaged: NamedWeights;
  readonly adam: AdamState;
}

/** What training changes: a network, the running mean of its weights, and the optimizer. Owns its tensors. */
export class Learner {
  readonly config: NetworkConfig;
  readonly network: tf.LayersModel;
  readonly averaged: tf.LayersModel;
  readonly adam: Adam;
  step = 0;
  typicalError: number | null = null;

  /** @param initialise gives the network its first weights */
  constructor(config: NetworkConfig, initialise: (network: tf.LayersModel) => void) {
    this.config = config;
    this.network = buildNetwork(config);
    this.averaged = buildNetwork(config);
    initialise(this.network);
    this.averaged.setWeights(this.network.getWeights());
    this.adam = new Adam(this.network);
  }

  async state(): Promise<LearnerState> {
    const { step, typicalError } = this;
    const [weights, averaged] = [await weightsOf(this.network), await weightsOf(this.averaged)];
    return { step, typicalError, weights, averaged, adam: await this.adam.state() };
  }

  /** @throws AppError `model-unsuitable` where the state is of another network */
  restore({ step, typicalError, weights, averaged, adam }: LearnerState): void {
    assignWeights(this.network, weights);
    assignWeights(this.averaged, averaged);
    this.adam.restore(adam);
    this.step = step;
    this.typicalError = typicalError;
  }

  dispose(): void {
    this.network.dispose();
    this.averaged.dispose();
    this.adam.dispose();
  }
}
