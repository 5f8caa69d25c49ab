import { expect, test } from 'vitest';
import type { ModelLocation } from '../../contract/engine-api.ts';
import type { Backend } from '../../engine/backends/backend.ts';
import { tensorNetwork } from '../../engine/backends/tensor-network.ts';
import { loadModel } from '../../engine/models/load.ts';
import { PreparedNetworks } from '../../engine/models/prepared-networks.ts';
import { changeWeights, savedModel } from '../fixtures/models/model-folders.ts';

const runtime = { backend: 'onnx', threads: 1 } as const;

const backend: Backend = {
  name: 'onnx',
  describe: () => Promise.reject(new Error('not asked')),
  load: (model) => tensorNetwork(model, 'cpu'),
};

async function locationOf(folder: string): Promise<ModelLocation> {
  const { card } = await loadModel({ id: 'tiny', folder });
  return { id: 'tiny', folder, weights: card.weightsSha256 };
}

test('M20: another model that came under the same id is loaded; one that is asked for again is not', async () => {
  const folder = await savedModel();
  const networks = new PreparedNetworks([backend]);
  const before = await locationOf(folder);
  const first = await networks.get(before, runtime);
  changeWeights(folder, (values) => values.fill(0));
  const second = await networks.get(await locationOf(folder), runtime);
  const picture = new Float32Array(16 * 16 * 3).fill(0.5);
  const answer = ({ network }: typeof first) => network.run(picture, 16, 16, 0.1);
  expect(await answer(second)).toEqual(picture); // a correction of zero
  expect(await answer(first)).not.toEqual(picture);
  // Whoever began with the first goes on with it.
  expect(await networks.get(before, runtime)).toBe(first);
});
