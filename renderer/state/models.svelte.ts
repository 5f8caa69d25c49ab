import type { WindowModel } from '../../contract/window-api.ts';
import type { Calls } from './calls.ts';

/** The models of this machine. */
export class Models {
  #list = $state.raw<readonly WindowModel[] | null>(null);
  readonly byDefault = $derived(this.#list?.find((model) => model.isDefault) ?? this.#list?.[0] ?? null);
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** Null until they were read. */
  get list(): readonly WindowModel[] | null {
    return this.#list;
  }

  receive(models: readonly WindowModel[]): void {
    this.#list = models;
  }

  async read(): Promise<void> {
    const models = await this.#calls.ask('listModels', {});
    if (models) this.receive(models);
  }

  /** By its id, or the one that stands for `default`. */
  find(id: string): WindowModel | null {
    return id === 'default' ? this.byDefault : (this.#list?.find((model) => model.id === id) ?? null);
  }
}
