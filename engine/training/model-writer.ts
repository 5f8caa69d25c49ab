import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import type { TrainRequest } from '../../contract/engine-api.ts';
import type { ModelCard } from '../../contract/model-card.ts';
import type { SnapshotReport, Validation } from '../../contract/train.ts';
import { prepareFolder } from '../../storage/replace-folder.ts';
import { saveModel, type CardToBe } from '../models/save.ts';
import { familiarPicturesOf } from './familiar.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import { trainingCard } from './training-card.ts';
import type { TrainingData } from './training-data.ts';

export interface ModelWriterOptions {
  readonly request: TrainRequest;
  /** Card of the model it began with. */
  readonly start: ModelCard | null;
  readonly data: TrainingData;
  readonly multiple: number;
  readonly snapshots: SnapshotStore | null;
  /** How long the run has taken. */
  readonly seconds: () => number;
}

/** Writes what a training has learnt: the best as the model, checkpoints that can be looked at, the last weights. */
export class ModelWriter {
  readonly #options: ModelWriterOptions;
  /** Of the last step, which may be best, checkpoint and last at once. */
  #card: { readonly step: number; readonly card: CardToBe } | null = null;

  constructor(options: ModelWriterOptions) {
    this.#options = options;
  }

  async best(network: tf.LayersModel, step: number, validation: Validation | null): Promise<void> {
    const { request, snapshots } = this.#options;
    const card = await this.#cardOf(network, step, validation);
    await saveModel(network, card, request.target.folder, (await snapshots?.strip(network, step)) ?? {});
  }

  /** @param best step of the best weights so far */
  async snapshot(
    network: tf.LayersModel,
    step: number,
    validation: Validation | null,
    best: number | null,
  ): Promise<SnapshotReport> {
    const { snapshots } = this.#options;
    return snapshots!.take(network, step, await this.#cardOf(network, step, validation), best);
  }

  /** Beside the best, as a model of its own. @returns its folder */
  async last(network: tf.LayersModel, step: number, validation: Validation | null): Promise<string> {
    const folder = join(this.#options.request.target.folder, 'last');
    await prepareFolder(folder);
    await saveModel(network, await this.#cardOf(network, step, validation), folder);
    return folder;
  }

  async #cardOf(network: tf.LayersModel, step: number, validation: Validation | null): Promise<CardToBe> {
    if (this.#card?.step === step) return this.#card.card;
    const { request, start, data, multiple, seconds } = this.#options;
    const { seen } = data;
    const examples = data.residents();
    const familiar =
      seen && (await familiarPicturesOf(request.config, { network, multiple, seen, examples }));
    const card = trainingCard(request, start, {
      step,
      validation,
      seconds: seconds(),
      pictures: data.countBySource(),
      validationPictures: data.usable().validation,
      familiar,
    });
    this.#card = { step, card };
    return card;
  }
}
