import * as tf from '@tensorflow/tfjs';

/**
 * Does something with one of TensorFlow.js's backends, then makes the one before current again. Which one is
 * current is known to all of the process: between both switches nothing else may run.
 */
export async function onBackend<T>(name: string, work: () => T): Promise<T> {
  await initialise(name);
  const before = tf.getBackend();
  void tf.setBackend(name); // at once, because it is initialised
  try {
    return work();
  } finally {
    if (before) void tf.setBackend(before);
  }
}

async function initialise(name: string): Promise<void> {
  tf.enableProdMode(); // else it prints advice that is meant for developers
  if (tf.findBackend(name)) return;
  const before = tf.getBackend();
  const ready = await tf.setBackend(name);
  if (before) await tf.setBackend(before);
  if (!ready) throw new Error(`TensorFlow.js cannot use its backend “${name}”`);
}
