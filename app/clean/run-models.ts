import type { BackendMeasurement } from '../../contract/backend.ts';
import type { CleanSettings } from '../../contract/clean.ts';
import { locationOf, type ModelLocation, type Runtime } from '../../contract/engine-api.ts';
import type { ModelSummary } from '../../contract/model-card.ts';
import { lostError } from '../supervision/engine-supervisor.ts';

export type ChooseBackend = (model: ModelSummary, anew: boolean) => Promise<BackendMeasurement>;

/** What a picture is cleaned with. */
export interface ChosenModel {
  readonly model: ModelLocation;
  readonly runtime: Runtime;
}

/** The models of one batch by what they are asked for as, and what each runs on, chosen once. */
export class RunModels {
  readonly #models: ReadonlyMap<string, ModelSummary>;
  readonly #chooseBackend: ChooseBackend;
  readonly #threads: number;
  readonly #runtimes = new Map<string, Promise<Runtime>>();
  readonly #remeasured = new Set<string>();

  constructor(
    models: ReadonlyMap<string, ModelSummary>,
    settings: Pick<CleanSettings, 'threads'>,
    chooseBackend: ChooseBackend,
  ) {
    this.#models = models;
    this.#threads = settings.threads;
    this.#chooseBackend = chooseBackend;
  }

  async for(asked: string): Promise<ChosenModel> {
    const model = this.#models.get(asked);
    if (!model) throw new Error(`the model ${asked} was not prepared for this batch`);
    let runtime = this.#runtimes.get(model.id);
    if (!runtime) {
      runtime = this.#choose(model, false);
      this.#runtimes.set(model.id, runtime);
      // The next picture may have better luck.
      runtime.catch(() => this.#runtimes.delete(model.id));
    }
    return { model: locationOf(model), runtime: await runtime };
  }

  /** The backend that was remembered is gone: measured again, once. False when it is chosen all the same. */
  async another(asked: string): Promise<boolean> {
    const model = this.#models.get(asked);
    const runtime = model && this.#runtimes.get(model.id);
    if (!model || !runtime) return false;
    const { backend: failed } = await runtime;
    if (!this.#remeasured.has(model.id)) {
      this.#remeasured.add(model.id);
      this.#runtimes.set(model.id, this.#choose(model, true));
    }
    return (await this.#runtimes.get(model.id))?.backend !== failed;
  }

  async #choose(model: ModelSummary, anew: boolean): Promise<Runtime> {
    const { chosen } = await this.#chooseBackend(model, anew).catch((error: unknown) => {
      throw lostError(error, model.folder);
    });
    return { backend: chosen, threads: this.#threads };
  }
}
