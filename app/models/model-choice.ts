import type { ModelSummary } from '../../contract/model-card.ts';
import type { SettingsFile } from '../settings.ts';
import { speedOfMeasurement, type BackendChoices } from '../supervision/backend-choices.ts';
import type { EngineSupervisor } from '../supervision/engine-supervisor.ts';
import { chooseDefault, inListOrder } from './default-model.ts';
import type { BrokenModel, ModelLibrary, StoredModel } from './model-library.ts';

export interface ModelChoiceOptions {
  readonly library: ModelLibrary;
  readonly settings: SettingsFile;
  readonly engine: EngineSupervisor;
  readonly choices: BackendChoices;
}

/** The models with the one that `default` stands for. */
export class ModelChoice {
  readonly #options: ModelChoiceOptions;

  constructor(options: ModelChoiceOptions) {
    this.#options = options;
  }

  /** All models, the default marked as far as it is known without measuring. */
  async list(): Promise<{ models: ModelSummary[]; broken: BrokenModel[] }> {
    const { models, broken } = await this.#options.library.list();
    const chosen = models.length > 0 ? await this.#default(models, 'known') : null;
    return {
      models: inListOrder(models).map((model) => ({ ...model, isDefault: model.id === chosen?.id })),
      broken,
    };
  }

  /** @throws AppError `model-not-found` */
  async show(id: string): Promise<ModelSummary> {
    const { models } = await this.list();
    const wanted = models.find((model) => (id === 'default' ? model.isDefault : model.id === id));
    return wanted ?? { ...(await this.#options.library.find(id)), isDefault: false };
  }

  /**
   * The model to work with. Where `default` has several candidates, their speed is measured, once.
   * @throws AppError `model-not-found`
   */
  async resolve(id: string, threads: number): Promise<ModelSummary> {
    if (id !== 'default') return this.show(id);
    const { models } = await this.#options.library.list();
    return this.#default(models, { threads });
  }

  async #default(models: readonly StoredModel[], how: 'known' | { threads: number }): Promise<ModelSummary> {
    const { settings, choices, engine } = this.#options;
    const { defaultModel } = await settings.read();
    return chooseDefault(models, defaultModel, async (model) => {
      if (how === 'known') return choices.speedOf(model, 'auto', 0);
      await engine.useThreads(how.threads);
      return speedOfMeasurement(await choices.choose(engine, model, 'auto', how.threads));
    });
  }
}
