import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import { networkConfig, type NetworkConfig } from '../../contract/network.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { FloatImage } from '../../model/image.ts';
import type { WeightValues } from '../../model/networks/weights.ts';

/**
 * What `tools/pretrain/export.py` writes: `weights.json` names the network and its tensors in the layout of
 * TensorFlow.js, `weights.bin` holds their float32 values in that order; `answer.json` and `answer.bin` hold a
 * noisy image and PyTorch's answer to it.
 */
export interface PretrainedExport {
  readonly network: NetworkConfig;
  /** How it was trained, in the exporter's words. */
  readonly trained: Readonly<Record<string, unknown>>;
  readonly weights: ReadonlyMap<string, WeightValues>;
  readonly answer: PretrainedAnswer;
}

/** A noisy image and what PyTorch makes of it. */
export interface PretrainedAnswer {
  readonly noisy: FloatImage;
  readonly denoised: FloatImage;
  readonly noiseFactor: number;
}

interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
}

/** @throws AppError `model-invalid` where shapes and file sizes disagree */
export async function readPretrainedExport(folder: string): Promise<PretrainedExport> {
  const description = await readJson<{
    network: unknown;
    trained: Record<string, unknown>;
    tensors: TensorEntry[];
  }>(join(folder, 'weights.json'));
  return {
    network: networkConfig.parse(description.network),
    trained: description.trained,
    weights: await readTensors(folder, 'weights.bin', description.tensors),
    answer: await readPretrainedAnswer(folder),
  };
}

/** `answer.json` and `answer.bin` alone. @throws AppError `model-invalid` where shapes and file sizes disagree */
export async function readPretrainedAnswer(folder: string): Promise<PretrainedAnswer> {
  const answer = await readJson<{ noiseFactor: number; tensors: TensorEntry[] }>(join(folder, 'answer.json'));
  const images = await readTensors(folder, 'answer.bin', answer.tensors);
  const image = (name: string): FloatImage => {
    const { shape, values } = images.get(name) ?? { shape: [0, 0, 3], values: new Float32Array() };
    const [height = 0, width = 0, channels] = shape;
    return { width, height, channels: channels === 1 ? 1 : 3, samples: values };
  };
  return { noisy: image('noisy'), denoised: image('denoised'), noiseFactor: answer.noiseFactor };
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T;
}

async function readTensors(folder: string, file: string, entries: readonly TensorEntry[]) {
  const bytes = await readFile(join(folder, file));
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const tensors = new Map<string, WeightValues>();
  let at = 0;
  for (const { name, shape } of entries) {
    const length = shape.reduce((product, side) => product * side, 1);
    tensors.set(name, { shape, values: values.slice(at, at + length) });
    at += length;
  }
  if (at !== values.length) {
    throw new AppError('model-invalid', {
      model: folder,
      reason: phrase('model-values', { file, count: values.length, needed: at }),
    });
  }
  return tensors;
}
