import { Worker } from 'node:worker_threads';
import type { Batch } from '../../model/training/batch.ts';
import type { CleanPatches } from '../../model/training/noisy-batch.ts';
import type { NoiseAdder, NoiseConfig } from './noise-adder.ts';

/** What goes to the thread, and what comes back. Arrays are handed over, not copied. */
export interface NoiseOrder {
  readonly step: number;
  readonly patches: CleanPatches;
}
export type NoiseReply =
  { readonly step: number; readonly batch: Batch } | { readonly step: number; readonly failure: string };

interface Waiting {
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: Error) => void;
}

/**
 * In a thread of its own, so that the noise of the next step is made while the network works on this one. It begins with
 * the first patches. A thread is enough, because it loads nothing native.
 * @param program built from `noise-worker.ts`
 */
export function noiseThread(program: string, config: NoiseConfig): NoiseAdder {
  let worker: Worker | null = null;
  const waiting = new Map<number, Waiting>();
  return {
    add: (patches, step) =>
      new Promise((resolve, reject) => {
        worker ??= begin(program, config, waiting);
        waiting.set(step, { resolve, reject });
        const order: NoiseOrder = { step, patches };
        worker.postMessage(order, [patches.clean.buffer as ArrayBuffer]);
      }),
    close: async () => {
      await worker?.terminate();
    },
  };
}

function begin(program: string, config: NoiseConfig, waiting: Map<number, Waiting>): Worker {
  const worker = new Worker(program, { workerData: config });
  const fail = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the thread that makes noise has ended')));
  worker.on('message', (reply: NoiseReply) => {
    const asked = waiting.get(reply.step);
    waiting.delete(reply.step);
    if ('batch' in reply) asked?.resolve(reply.batch);
    else asked?.reject(new Error(reply.failure));
  });
  return worker;
}
