import { expect, test } from 'vitest';
import type { BackendName } from '../../../contract/backend.ts';
import { isCancelled } from '../../../contract/errors.ts';
import { verbatim } from '../../../contract/texts/fill-in.ts';
import type { Backend, BackendNetwork } from '../../../engine/backends/backend.ts';
import { AGREEMENT, chooseBackend, largestDifference } from '../../../engine/backends/choose.ts';
import type { LoadedModel } from '../../../engine/models/load.ts';
import { tinyModel, tinyNetworks } from './tiny-model.ts';

interface Behaviour {
  /** Added to every sample of the right answer. */
  readonly error?: number;
  readonly milliseconds?: number;
  readonly available?: boolean;
  readonly lastResort?: boolean;
  readonly broken?: boolean;
}

const disposed: string[] = [];

function fakeNetwork(name: string, { error = 0, milliseconds = 0 }: Behaviour = {}): BackendNetwork {
  return {
    channels: 3,
    radius: 4,
    multiple: 8,
    bytesPerPixel: 1,
    run: async (tile) => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return tile.map((value) => 0.5 * value + error);
    },
    dispose: () => Promise.resolve(void disposed.push(name)),
  };
}

function fake(name: BackendName, behaviour: Behaviour = {}): Backend {
  const { available = true, lastResort = false, broken = false } = behaviour;
  return {
    name,
    lastResort,
    describe: () => Promise.resolve({ name, available, description: verbatim(`${name} is missing`) }),
    load: () =>
      broken ? Promise.reject(new Error('no such kernel')) : Promise.resolve(fakeNetwork(name, behaviour)),
  };
}

const model = (): Promise<LoadedModel> => tinyModel(tinyNetworks[0]!);
const common = {
  choice: 'auto' as const,
  threads: 1,
  signal: new AbortController().signal,
  reference: () => Promise.resolve(fakeNetwork('reference')),
};

test('the fastest backend that agrees with the reference is chosen', async () => {
  const backends = [fake('tensorflow', { milliseconds: 300 }), fake('onnx', { milliseconds: 1 })];
  const { chosen, tried } = await chooseBackend(await model(), { ...common, backends });
  expect(chosen).toBe('onnx');
  expect(tried.map(({ name, refused }) => [name, refused])).toEqual([
    ['tensorflow', null],
    ['onnx', null],
  ]);
  expect(tried[1]!.megapixelsPerSecond).toBeGreaterThan(tried[0]!.megapixelsPerSecond!);
});

test('a backend with a wrong answer is refused however fast it is', async () => {
  const backends = [fake('tensorflow', { milliseconds: 30 }), fake('onnx', { error: 2 * AGREEMENT })];
  const { chosen, tried } = await chooseBackend(await model(), { ...common, backends });
  expect(chosen).toBe('tensorflow');
  expect(tried[1]).toMatchObject({ name: 'onnx', megapixelsPerSecond: null });
  expect(tried[1]!.difference).toBeCloseTo(2 * AGREEMENT, 5);
  expect(tried[1]!.refused).toMatchObject({ message: expect.stringMatching(/onnx.*differs/) as string });
});

test('bytes are compared as well: one that rounds wrongly, or not at all, is refused', async () => {
  const roundsTo = (right: number, wrong: number | null): Backend => ({
    ...fake('onnx'),
    load: () =>
      Promise.resolve({
        ...fakeNetwork('onnx'),
        runBytes: (tile) =>
          Promise.resolve(wrong === null ? null : tile.map((value) => value * right + wrong + 0.5)),
      }),
  });
  const { chosen } = await chooseBackend(await model(), { ...common, backends: [roundsTo(0.5, 0)] });
  expect(chosen).toBe('onnx');
  for (const wrong of [2, null]) {
    const choice = chooseBackend(await model(), { ...common, backends: [roundsTo(0.5, wrong)] });
    await expect(choice).rejects.toMatchObject({ code: 'backend-disagrees' });
  }
});

test('an answer that is not a number agrees with nothing', async () => {
  const backends = [fake('onnx', { error: NaN })];
  await expect(chooseBackend(await model(), { ...common, backends })).rejects.toMatchObject({
    code: 'backend-disagrees',
  });
  expect(largestDifference(Float32Array.of(1, NaN), Float32Array.of(1, 1))).toBe(Infinity);
  expect(largestDifference(Float32Array.of(1), Float32Array.of(1, 1))).toBe(Infinity);
  expect(largestDifference(Float32Array.of(1, 3), Float32Array.of(2, 1))).toBe(2);
});

test('a backend that was asked for by name is compared as well, and named when it is refused', async () => {
  const backends = [fake('tensorflow'), fake('onnx', { error: 0.1 })];
  const asked = chooseBackend(await model(), { ...common, backends, choice: 'onnx' });
  await expect(asked).rejects.toMatchObject({ code: 'backend-disagrees', details: { backend: 'onnx' } });
});

test('one that is missing says why, and the others are used', async () => {
  const backends = [fake('tensorflow', { available: false }), fake('onnx')];
  const { chosen, tried } = await chooseBackend(await model(), { ...common, backends });
  expect(chosen).toBe('onnx');
  expect(tried[0]).toEqual({
    name: 'tensorflow',
    megapixelsPerSecond: null,
    difference: null,
    refused: verbatim('tensorflow is missing'),
  });
});

test('where only a missing one was asked for, the choice fails with its reason', async () => {
  const backends = [fake('tensorflow', { available: false }), fake('onnx')];
  const asked = chooseBackend(await model(), { ...common, backends, choice: 'tensorflow' });
  await expect(asked).rejects.toThrow(/tensorflow is missing/);
});

test('one that breaks while it loads is passed over', async () => {
  const backends = [fake('tensorflow', { broken: true }), fake('onnx')];
  const { chosen, tried } = await chooseBackend(await model(), { ...common, backends });
  expect(chosen).toBe('onnx');
  expect(tried[0]!.refused).toMatchObject({ message: expect.stringContaining('no such kernel') as string });
});

test('the last resort is measured only where nothing else will do', async () => {
  const last = fake('wasm', { lastResort: true });
  const spared = await chooseBackend(await model(), { ...common, backends: [fake('onnx'), last] });
  expect(spared.chosen).toBe('onnx');
  expect(spared.tried[1]).toMatchObject({ name: 'wasm', megapixelsPerSecond: null });
  const needed = await chooseBackend(await model(), {
    ...common,
    backends: [fake('onnx', { error: 1 }), last],
  });
  expect(needed.chosen).toBe('wasm');
});

test('every network that was loaded for the choice is disposed', async () => {
  disposed.length = 0;
  const backends = [fake('tensorflow'), fake('onnx', { error: 1 })];
  await chooseBackend(await model(), { ...common, backends });
  expect(disposed.sort()).toEqual(['onnx', 'reference', 'tensorflow']);
});

test('a choice can be stopped', async () => {
  const stop = new AbortController();
  stop.abort();
  const choice = chooseBackend(await model(), { ...common, backends: [fake('onnx')], signal: stop.signal });
  await expect(choice).rejects.toSatisfy(isCancelled);
});
