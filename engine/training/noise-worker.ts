import { parentPort, workerData } from 'node:worker_threads';
import { addNoiseOf, type NoiseConfig } from './noise-adder.ts';
import type { NoiseOrder, NoiseReply } from './noise-thread.ts';

/** The thread of `noise-thread.ts`: a program of its own in the build. */
const config = workerData as NoiseConfig;

parentPort?.on('message', ({ step, patches }: NoiseOrder) => {
  const reply = replyTo(patches, step);
  const arrays = 'batch' in reply ? [reply.batch.noisy, reply.batch.clean, reply.batch.told] : [];
  parentPort?.postMessage(
    reply,
    arrays.map(({ buffer }) => buffer as ArrayBuffer),
  );
});

function replyTo(patches: NoiseOrder['patches'], step: number): NoiseReply {
  try {
    return { step, batch: addNoiseOf(config, patches, step) };
  } catch (error) {
    return { step, failure: String(error) };
  }
}
