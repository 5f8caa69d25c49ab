import * as tf from '@tensorflow/tfjs';
import { weightNames, type WeightValues } from '../networks/weights.ts';

const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;
const EPSILON = 1e-7;

/** Running means of gradients and of their squares, by name of the weight, and how many steps made them. */
export interface AdamState {
  readonly steps: number;
  readonly first: ReadonlyMap<string, WeightValues>;
  readonly second: ReadonlyMap<string, WeightValues>;
}

/**
 * Adam (Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015) for the weights of one network. Written out
 * because TensorFlow.js gives away only part of its optimizer's state, and training goes on after a kill exactly as if
 * it had not been stopped.
 */
export class Adam {
  readonly #names: readonly string[];
  readonly #weights: readonly tf.Variable[];
  readonly #first: readonly tf.Variable[];
  readonly #second: readonly tf.Variable[];
  #steps = 0;

  constructor(network: tf.LayersModel) {
    this.#names = weightNames(network);
    // A layer hands out the variable itself.
    this.#weights = network.weights.map((weight) => weight.read() as tf.Variable);
    const zeros = () => this.#weights.map(({ shape }) => tf.tidy(() => tf.zeros(shape).variable(false)));
    this.#first = zeros();
    this.#second = zeros();
  }

  /** What gradients are taken by. */
  get weights(): tf.Variable[] {
    return [...this.#weights];
  }

  /** One step. @param gradients by name of the variable */
  apply(gradients: tf.NamedTensorMap, learningRate: number): void {
    this.#steps++;
    const rate =
      (learningRate * Math.sqrt(1 - SECOND_DECAY ** this.#steps)) / (1 - FIRST_DECAY ** this.#steps);
    // The corrections of both means in one factor; epsilon is added to the corrected root, as Keras does.
    const epsilon = EPSILON * Math.sqrt(1 - SECOND_DECAY ** this.#steps);
    tf.tidy(() => {
      for (const [i, weight] of this.#weights.entries()) {
        const gradient = gradients[weight.name];
        if (!gradient) continue;
        const first = this.#first[i]!;
        const second = this.#second[i]!;
        first.assign(tf.add(tf.mul(first, FIRST_DECAY), tf.mul(gradient, 1 - FIRST_DECAY)));
        second.assign(tf.add(tf.mul(second, SECOND_DECAY), tf.mul(tf.square(gradient), 1 - SECOND_DECAY)));
        const move = tf.div(tf.mul(first, rate), tf.add(tf.sqrt(second), epsilon));
        weight.assign(tf.sub(weight, move));
      }
    });
  }

  /** Copies the state out of the backend. */
  async state(): Promise<AdamState> {
    const valuesOf = async (variables: readonly tf.Variable[]) => {
      const values = await Promise.all(
        variables.map(async (variable) => (await variable.data()) as Float32Array),
      );
      return new Map(
        this.#names.map((name, i) => [name, { shape: variables[i]!.shape, values: values[i]! }]),
      );
    };
    return { steps: this.#steps, first: await valuesOf(this.#first), second: await valuesOf(this.#second) };
  }

  /** Takes up a state of the same network. */
  restore({ steps, first, second }: AdamState): void {
    tf.tidy(() => {
      for (const [i, name] of this.#names.entries()) {
        const [mean, square] = [first.get(name)!, second.get(name)!];
        this.#first[i]!.assign(tf.tensor(mean.values, [...mean.shape]));
        this.#second[i]!.assign(tf.tensor(square.values, [...square.shape]));
      }
    });
    this.#steps = steps;
  }

  dispose(): void {
    tf.dispose([...this.#first, ...this.#second]);
  }
}
