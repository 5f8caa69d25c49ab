import type * as tf from '@tensorflow/tfjs';
import { AppError } from '../../contract/errors.ts';
import type { Validation } from '../../contract/train.ts';
import { baselines, validate, type Nearness, type ValidationCase } from '../../model/training/validate.ts';

/** Writes a network as the model to be, with what validation found (null where there are no pictures for it). */
export type SaveCandidate = (
  network: tf.LayersModel,
  step: number,
  found: Validation | null,
) => Promise<void>;

/** The questions of validation, always the same; null where no picture could be kept for it. */
export type ValidationCases = (() => Iterable<ValidationCase>) | null;

/** What validation found for the saved model, whether there is one, and whether better weights are still to be saved. */
export interface BestState {
  readonly found: Validation | null;
  readonly saved: boolean;
  readonly owed: boolean;
}

/** Keeps the best of the weights that a training comes by: scores them, and saves them where they lead. */
export class BestModel {
  readonly #cases: ValidationCases;
  readonly #save: SaveCandidate;
  /** What is to be beaten is the same each time. */
  #lines: { readonly noisy: Nearness; readonly blur: Nearness } | null = null;
  #best: Validation | null = null;
  /** Of the model that the training started from. */
  #start: Nearness | null;
  #saved = false;
  #owed = false;

  /** @param start of a training that is taken up again: what validation found of the model it started from */
  constructor(cases: ValidationCases, save: SaveCandidate, start: Validation | null = null) {
    this.#cases = cases;
    this.#save = save;
    this.#start = start && { psnr: start.psnr, ssim: start.ssim ?? null };
  }

  /** What validation found for the saved model. */
  get best(): Validation | null {
    return this.#best;
  }

  /** True once there is a model that can be used. */
  get saved(): boolean {
    return this.#saved;
  }

  /** True while better weights than the saved ones could not be saved. */
  get owed(): boolean {
    return this.#owed;
  }

  /** What a checkpoint keeps of it. */
  get state(): BestState {
    return { found: this.#best, saved: this.#saved, owed: this.#owed };
  }

  restore({ found, saved, owed }: BestState): void {
    this.#best = found;
    this.#saved = saved;
    this.#owed = owed;
  }

  /**
   * Scores the network and saves it where none that was saved did better. Without pictures to score with, the
   * latest is the best. What is scored at step 0 is the model that the training starts from.
   * @param last a full disk is an error only now: until then there may be room again, and training goes on
   */
  async consider(network: tf.LayersModel, step: number, last: boolean): Promise<Validation | null> {
    if (!this.#cases) {
      await this.#keep(network, step, null, last);
      return null;
    }
    const { psnr, ssim } = await validate(network, this.#cases());
    const { noisy, blur } = (this.#lines ??= await baselines(this.#cases()));
    if (step === 0) this.#start = { psnr, ssim };
    const leads = Number.isFinite(psnr) && psnr > (this.#best?.psnr ?? -Infinity);
    const found: Validation = {
      step,
      psnr,
      noisyPsnr: noisy.psnr,
      blurPsnr: blur.psnr,
      ...(ssim === null ? {} : { ssim, noisySsim: noisy.ssim!, blurSsim: blur.ssim! }),
      ...(this.#start ? { startPsnr: this.#start.psnr, startSsim: this.#start.ssim ?? undefined } : {}),
      best: leads,
    };
    if (leads) await this.#keep(network, step, found, last);
    return found;
  }

  async #keep(network: tf.LayersModel, step: number, found: Validation | null, last: boolean): Promise<void> {
    this.#owed = true;
    try {
      await this.#save(network, step, found);
      this.#owed = false;
      this.#best = found;
      this.#saved = true;
    } catch (error) {
      if (last || !(error instanceof AppError && error.code === 'disk-full')) throw error;
    }
  }
}
