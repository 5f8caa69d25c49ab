import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { placesIn } from '../../app/places.ts';
import { BackendChoices } from '../../app/supervision/backend-choices.ts';
import type { BackendMeasurement, BackendName } from '../../contract/backend.ts';
import { cardOf } from './workshop.ts';

/** An engine whose measurements differ from time to time, as on a busy machine. */
function fickleEngine() {
  let measurements = 0;
  return {
    measurements: () => measurements,
    callTwice: async (): Promise<never> => {
      const chosen: BackendName = measurements++ % 2 === 0 ? 'tensorflow' : 'onnx';
      await new Promise((resolve) => setTimeout(resolve, 20));
      const tried = [{ name: chosen, megapixelsPerSecond: 1, difference: 0, refused: null }];
      return { chosen, tried } satisfies BackendMeasurement as never;
    },
  };
}

async function fresh() {
  const root = await mkdtemp(join(tmpdir(), 'backend-choices-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const card = cardOf('mine');
  const model = { id: 'mine', name: 'Mine', bundled: false, isDefault: true, folder: root, bytes: 1, card };
  const open = () => new BackendChoices({ places: placesIn(root), root, appVersion: '1.0.0', env: {} });
  return { open, model };
}

test('a batch and a preview that ask at the same time run on one backend, which is the one remembered', async () => {
  const { open, model } = await fresh();
  const engine = fickleEngine();
  const choices = open();
  const ask = (from = choices) => from.choose(engine, model, 'auto', 2).then(({ chosen }) => chosen);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(['tensorflow', 'tensorflow', 'tensorflow']);
  expect([await ask(), await ask(open())]).toEqual(['tensorflow', 'tensorflow']);
  expect(engine.measurements()).toBe(1);
});

test('a measurement that failed is not kept: the next one who asks has it made again', async () => {
  const { open, model } = await fresh();
  const engine = fickleEngine();
  const choices = open();
  const broken = { callTwice: () => Promise.reject(new Error('the engine ended')) };
  await expect(choices.choose(broken, model, 'auto', 2)).rejects.toThrow('ended');
  expect(await choices.choose(engine, model, 'auto', 2)).toMatchObject({ chosen: 'tensorflow' });
  expect(await choices.chooseAnew(engine, model, 'auto', 2)).toMatchObject({ chosen: 'onnx' });
  expect(await choices.choose(engine, model, 'auto', 2)).toMatchObject({ chosen: 'onnx' });
});
