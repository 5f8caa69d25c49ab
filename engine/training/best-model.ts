import type * as tf from '@tensorflow/tfjs';
import type { TrainingConfig, Validation } from '../../contract/train.ts';
import type { FloatImage } from '../../model/image.ts';
import { validate, validationFactors } from '../../model/training/validate.ts';

/** Keeps the best of the weights a training has come by: validates them, and saves them where they lead. */
export class BestModel {
  readonly #pictures: readonly FloatImage[];
  readonly #factors: readonly number[];
  readonly #seed: number;
  readonly #save: (network: tf.LayersModel, best: Validation | null, step: number) => Promise<void>;
  #best: Validation | null = null;
  #saved = false;

  /** @param save writes the network as the model to be, with what validation found (null without pictures) */
  constructor(
    { noise, seed }: TrainingConfig,
    pictures: readonly FloatImage[],
    save: (network: tf.LayersModel, best: Validation | null, step: number) => Promise<void>,
  ) {
    const rootOfSquares = (values: number[]) => Math.hypot(...values);
    const low = rootOfSquares(noise.map((range) => range.low));
    const high = rootOfSquares(noise.map((range) => range.high));
    this.#factors = validationFactors(low, high);
    this.#pictures = pictures;
    this.#seed = seed;
    this.#save = save;
  }

  get best(): Validation | null {
    return this.#best;
  }

  /** True once there is a model that can be used. */
  get saved(): boolean {
    return this.#saved;
  }

  /** Scores the network; it is saved when no earlier one was better. Without pictures the latest is the best. */
  async consider(network: tf.LayersModel, step: number): Promise<Validation | null> {
    if (this.#pictures.length === 0) {
      await this.#keep(network, null, step);
      return null;
    }
    const scores = await validate(network, this.#pictures, this.#factors, this.#seed);
    const best = Number.isFinite(scores.psnr) && scores.psnr > (this.#best?.psnr ?? -Infinity);
    const validation = { step, ...scores, best };
    if (best) await this.#keep(network, validation, step);
    return validation;
  }

  async #keep(network: tf.LayersModel, validation: Validation | null, step: number): Promise<void> {
    await this.#save(network, validation, step);
    this.#best = validation;
    this.#saved = true;
  }
}
