import type { ModelCard } from '../../contract/model-card.ts';

/** One weight tensor by value. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A model as read from its folder and checked. Owns no tensors. */
export interface LoadedModel {
  readonly id: string;
  readonly card: ModelCard;
  /** By name, such as `stem/kernel`: layer name, slash, `kernel` or `bias`; shapes as TensorFlow.js has them. */
  readonly weights: ReadonlyMap<string, WeightTensor>;
}
