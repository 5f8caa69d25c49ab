import type { ModelLocation, Runtime } from '../../contract/engine-api.ts';
import type { BackendName } from '../../contract/backend.ts';
import type { ModelCard } from '../../contract/model-card.ts';
import type { Backend, BackendNetwork } from '../backends/backend.ts';
import { loadModel } from './load.ts';

/** A network that is ready to run, with the card of its model. */
export interface PreparedNetwork {
  readonly card: ModelCard;
  readonly network: BackendNetwork;
}

/** Up to four models are looked at side by side while a batch runs with another, whose network must not be let go. */
const MOST = 8;

/**
 * Keeps the networks that were used last: weights are loaded and graphs prepared once for a batch. The one that
 * was not used for the longest is let go when there are too many.
 */
export class PreparedNetworks {
  readonly #backends: readonly Backend[];
  /** In the order of their last use. */
  readonly #networks = new Map<string, Promise<PreparedNetwork>>();

  constructor(backends: readonly Backend[]) {
    this.#backends = backends;
  }

  get(model: ModelLocation, runtime: Runtime): Promise<PreparedNetwork> {
    const key = JSON.stringify([model.folder, model.weights ?? null, runtime.backend, runtime.threads]);
    const network = this.#networks.get(key) ?? this.#prepare(model, runtime);
    this.#networks.delete(key);
    this.#networks.set(key, network);
    // A model that could not be loaded is tried anew: its folder may have been mended.
    network.catch(() => this.#networks.delete(key));
    this.#letOldestGo();
    return network;
  }

  async #prepare(location: ModelLocation, { backend, threads }: Runtime): Promise<PreparedNetwork> {
    const model = await loadModel(location);
    return { card: model.card, network: await this.#backend(backend).load(model, threads) };
  }

  #letOldestGo(): void {
    const [oldest] = this.#networks;
    if (this.#networks.size <= MOST || !oldest) return;
    this.#networks.delete(oldest[0]);
    void oldest[1].then(({ network }) => network.dispose()).catch(() => undefined);
  }

  #backend(name: BackendName): Backend {
    const found = this.#backends.find((backend) => backend.name === name);
    if (!found) throw new Error(`no backend “${name}” was given`);
    return found;
  }
}
