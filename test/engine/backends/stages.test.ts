import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withCrops } from '../../../engine/backends/crops.ts';
import { largestDifference } from '../../../engine/backends/choose.ts';
import { inputsOf } from '../../../engine/backends/graph.ts';
import { onnxBackend } from '../../../engine/backends/onnx.ts';
import { prepare } from '../../../engine/backends/prepared-model.ts';
import { stagesOf } from '../../../engine/backends/stages.ts';
import { addonPath, TensorflowAddon } from '../../../engine/backends/tensorflow-addon.ts';
import { tensorflowBackend } from '../../../engine/backends/tensorflow.ts';
import { testTile } from '../../../engine/backends/test-picture.ts';
import { tinyModel, tinyNetworks } from './tiny-model.ts';

const root = resolve(import.meta.dirname, '../../..');
const native = existsSync(addonPath(root));

describe.each(tinyNetworks)('a $kind of $channels channels in stages', (config) => {
  const stages = async () => {
    const { graph } = await prepare(await tinyModel(config));
    return { graph, stages: stagesOf(graph) };
  };

  test('has every step once, in the old order, and each stage is told all that it reads', async () => {
    const { graph, stages: all } = await stages();
    expect(all.length).toBeGreaterThan(2);
    const steps = all.flatMap(({ nodes }) => nodes.filter(({ op }) => op !== 'input'));
    expect(steps).toEqual(graph.nodes.filter(({ op }) => op !== 'input'));
    for (const { nodes, takes } of all) {
      const known = new Set([...nodes.map(({ name }) => name), ...takes]);
      for (const node of nodes) for (const input of inputsOf(node)) expect(known).toContain(input);
    }
  });

  test('carries what is read later, that long and no longer', async () => {
    const { graph, stages: all } = await stages();
    const there = new Set<string>();
    for (const { takes, gives, last } of all) {
      for (const name of takes) expect(there).toContain(name);
      for (const name of last) there.delete(name);
      for (const name of gives) there.add(name);
    }
    expect([...there]).toEqual([graph.output]);
  });
});

test('a U-Net is cut where a level ends', async () => {
  const { graph } = await prepare(await tinyModel({ ...tinyNetworks[0]!, width: 48 } as never));
  const gives = stagesOf(withCrops(graph)).map((stage) => stage.gives);
  expect(gives).toEqual([['enc0_res0'], ['enc1_res0'], ['skip1'], ['skip0'], ['denoised']]);
});

describe.each([tensorflowBackend(new TensorflowAddon(root)), onnxBackend])('$name', (backend) => {
  test.for(tinyNetworks)('leaves a $kind between two stages when it is told to', async (config, context) => {
    if (backend.name === 'tensorflow' && !native) {
      context.skip('native TensorFlow is not set up here (npm run setup)');
    }
    const network = await backend.load(await tinyModel(config), 1);
    const { samples, noiseFactor } = testTile(48, 32, config.channels);
    const part = { x: 8, y: 8, width: 24, height: 16 };
    const answer = (signal: AbortSignal) => network.runPart!(samples, 32, 48, noiseFactor, part, signal);
    const undisturbed = await answer(new AbortController().signal);
    const reason = new Error('nobody waits any more');
    let asked = 0;
    const signal = {
      throwIfAborted() {
        if (++asked === 3) throw reason;
      },
    } as AbortSignal;
    await expect(answer(signal)).rejects.toBe(reason);
    expect(asked).toBe(3);
    expect(largestDifference(await answer(new AbortController().signal), undisturbed)).toBe(0);
    await network.dispose();
  });
});
