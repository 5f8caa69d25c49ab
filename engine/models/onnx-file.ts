import type { EngineApi } from '../../contract/engine-api.ts';
import type { ModelCard } from '../../contract/model-card.ts';
import type { Geometry } from '../../model/networks/geometry.ts';
import type { OnnxDescription } from '../backends/onnx-format.ts';
import { onnxModelOf } from '../backends/onnx-graph.ts';
import { prepare } from '../backends/prepared-model.ts';
import { loadModel } from './load.ts';

/**
 * A model for other programs, as one ONNX file that says how it is to be used. The same graph as this app's own
 * ONNX backend runs.
 * @throws AppError `model-invalid`
 */
export async function onnxFile(
  { model }: Parameters<EngineApi['onnxFile']>[0],
  { signal }: { readonly signal?: AbortSignal } = {},
): ReturnType<EngineApi['onnxFile']> {
  const loaded = await loadModel(model, signal);
  const { graph, geometry } = await prepare(loaded);
  return { bytes: onnxModelOf(graph, descriptionOf(loaded.card, geometry, graph.noiseFactor)) };
}

function descriptionOf(card: ModelCard, { multiple }: Geometry, noiseFactor: string | null): OnnxDescription {
  const { channels } = card.network;
  const picture = `float32 [batch, height, width, ${channels}], ${channels === 1 ? 'grey' : 'RGB'} in the file's own encoding, 0 black to 1 white`;
  const plane = 'float32 [batch, height, width, 1], the standard deviation of the noise on that scale';
  return {
    producerVersion: card.appVersion,
    text: [
      card.purpose,
      `noisy: ${picture}; height and width multiples of ${multiple}.`,
      ...(noiseFactor === null ? [] : [`${noiseFactor}: ${plane}, at most ${card.noise.largest}.`]),
      'denoised: as noisy, not clipped.',
    ].join('\n'),
    properties: {
      name: card.name,
      noise: card.noise.trained,
      licence: card.licence,
      credits: card.credits,
      weightsSha256: card.weightsSha256,
    },
  };
}
