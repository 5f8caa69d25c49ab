import type { TensorflowBinding } from './tensorflow-addon.ts';

/** One run of a graph inside TensorFlow: tensors by the names of the steps that they stand for, until it is over. */
export class TensorflowRun {
  readonly #binding: TensorflowBinding;
  readonly #session: number;
  readonly #tensors = new Map<string, number>();

  constructor(binding: TensorflowBinding, session: number) {
    this.#binding = binding;
    this.#session = session;
  }

  /** Puts values in the place of a step. */
  give(name: string, shape: readonly number[], values: Float32Array | Uint8Array | Int32Array): void {
    const { TF_FLOAT, TF_INT32, TF_UINT8 } = this.#binding;
    const type = values instanceof Uint8Array ? TF_UINT8 : values instanceof Int32Array ? TF_INT32 : TF_FLOAT;
    this.#tensors.set(name, this.#binding.createTensor(shape, type, values));
  }

  /** All that stands for steps now. */
  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  /** Computes steps from others that were given or computed. */
  compute(steps: readonly string[], from: readonly string[]): void {
    const inputs = from.map((name) => this.#tensors.get(name)!);
    const answers = this.#binding.runSavedModel(this.#session, inputs, from.join(), steps.join());
    steps.forEach((name, i) => this.#tensors.set(name, answers[i]!.id));
  }

  valuesOf(name: string): Float32Array | Int32Array {
    return this.#binding.tensorDataSync(this.#tensors.get(name)!);
  }

  forget(names: readonly string[]): void {
    for (const name of names) {
      this.#binding.deleteTensor(this.#tensors.get(name)!);
      this.#tensors.delete(name);
    }
  }

  end(): void {
    this.forget(this.names);
  }
}
