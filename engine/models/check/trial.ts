import { phrase } from '../../../contract/texts/fill-in.ts';
import * as tf from '@tensorflow/tfjs';
import type { FloatImage } from '../../../model/image.ts';
import { meanSquaredError } from '../../../model/metrics/psnr.ts';
import { gaussianInto } from '../../../model/noise/gaussian.ts';
import { Random } from '../../../model/noise/random.ts';
import type { Refuse } from './refusal.ts';

const side = 32;

/**
 * Runs a network on a small scene with noise, on whatever backend TensorFlow.js has.
 * @param network takes a picture, and perhaps a plane with the noise factor; not disposed
 * @returns whether its answer is nearer to the clean scene than the noisy one is
 * @throws AppError `model-invalid` where an answer has another size or is not finite
 */
export async function reducesNoise(
  network: tf.LayersModel,
  { channels, multiple }: { readonly channels: 1 | 3; readonly multiple: number },
  noiseFactor: number,
  refuse: Refuse,
): Promise<boolean> {
  // The smallest picture first: weights beyond all bounds show there, at a fraction of the cost.
  const grey = new Float32Array(multiple * multiple * channels).fill(0.5);
  await answerOf(
    network,
    { width: multiple, height: multiple, channels, samples: grey },
    noiseFactor,
    refuse,
  );
  const clean = sceneOf(channels);
  const noisy = withNoise(clean, noiseFactor);
  const denoised = await answerOf(network, noisy, noiseFactor, refuse);
  return meanSquaredError(denoised, clean.samples) < meanSquaredError(noisy.samples, clean.samples);
}

async function answerOf(
  network: tf.LayersModel,
  { height, width, channels, samples }: FloatImage,
  noiseFactor: number,
  refuse: Refuse,
): Promise<Float32Array> {
  const answer = tf.tidy(() => {
    const picture = tf.tensor4d(samples, [1, height, width, channels]);
    const plane = tf.fill([1, height, width, 1], noiseFactor);
    return network.predict(network.inputs.length === 2 ? [picture, plane] : picture) as tf.Tensor;
  });
  try {
    if (answer.shape.join() !== [1, height, width, channels].join()) {
      throw refuse(phrase('model-answer-size', { side: width }));
    }
    const values = (await answer.data()) as Float32Array;
    if (!values.every(Number.isFinite)) throw refuse(phrase('model-answer-odd'));
    return values;
  } finally {
    answer.dispose();
  }
}

/**
 * A bright ring and a bar in front of a dark ground that grows lighter: near enough to digits for a network that
 * has seen nothing else, and with the edges and plain areas that photographs are made of.
 */
function sceneOf(channels: 1 | 3): FloatImage {
  const samples = new Float32Array(side * side * channels);
  const softly = (distance: number) => Math.min(1, Math.max(0, 2 - Math.abs(distance)));
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const ring = softly(Math.hypot(x - 12, y - 15) - 7);
      const bar = y > 6 && y < 25 ? softly(x - 24 + (y - 15) / 6) : 0;
      const shape = Math.max(ring, bar);
      for (let c = 0; c < channels; c++) {
        const ground = (0.1 * y) / side;
        const tint = channels === 3 ? 1 - 0.15 * c : 1;
        samples[(y * side + x) * channels + c] = ground + shape * (0.85 * tint);
      }
    }
  }
  return { width: side, height: side, channels, samples };
}

/** Gaussian noise, clipped as it is in a file. The same noise at every call. */
function withNoise(clean: FloatImage, noiseFactor: number): FloatImage {
  const noise = new Float32Array(clean.samples.length);
  gaussianInto(new Random(1), noise);
  const samples = clean.samples.map((value, i) => Math.min(1, Math.max(0, value + noiseFactor * noise[i]!)));
  return { ...clean, samples };
}
