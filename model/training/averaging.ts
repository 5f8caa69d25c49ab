import * as tf from '@tensorflow/tfjs';

/**
 * Moves the weights of `averaged` a little towards those of `network`, a copy of it: the running mean over
 * about the last 1 / (1 − decay) steps does better than the last weights (Polyak and Juditsky, 1992; as an
 * exponential mean in Tarvainen and Valpola, 2017). Early on the window is shorter, so that the random start
 * is forgotten: the decay is at most (1 + step) / (10 + step).
 * @param step counted from 0
 */
export function average(
  averaged: tf.LayersModel,
  network: tf.LayersModel,
  decay: number,
  step: number,
): void {
  const kept = Math.min(decay, (1 + step) / (10 + step));
  tf.tidy(() => {
    const latest = network.getWeights();
    const moved = averaged
      .getWeights()
      .map((mean, i) => tf.add(tf.mul(mean, kept), tf.mul(latest[i]!, 1 - kept)));
    averaged.setWeights(moved);
  });
}
