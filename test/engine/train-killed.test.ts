import { expect, test } from 'vitest';
import {
  buildTrainingProcess,
  differenceOfCurves,
  lastCheckpoint,
  live,
  liveThroughKills,
} from './kill-training.ts';
import { pictureFolder, requestFor, scratchFolder, tinyConfig } from './train-fixtures.ts';

test('F2: a training that is killed at three random moments and taken up ends as if it had never been stopped', async () => {
  const [pictures, models, program] = [
    await pictureFolder(8, 48),
    await scratchFolder(),
    await buildTrainingProcess(),
  ];
  // A cache for a few pictures only: which are in memory has to be restored too.
  const changes = { length: { steps: 120 }, validateEvery: 5, cache: 8000, threads: 1 };
  const config = tinyConfig(pictures, changes);
  const requestOf = (id: string) => ({
    ...requestFor(config, models, id),
    checkpoints: `${models}/checkpoints-${id}`,
  });
  const undisturbed = await live(program, requestOf('whole'), null);
  const { killed, resumedAt, outcome } = await liveThroughKills(program, requestOf('killed'), {
    kills: 3,
    within: undisturbed.milliseconds / 2,
  });
  expect(killed).toBeGreaterThan(0);
  expect(resumedAt.length).toBeGreaterThan(0);
  expect(outcome.steps).toBe(120);
  const [whole, survivor] = [
    await lastCheckpoint(requestOf('whole')),
    await lastCheckpoint(requestOf('killed')),
  ];
  expect(survivor.record.curve.validations).toHaveLength(24);
  expect(differenceOfCurves(whole, survivor)).toBeLessThan(1e-5);
  expect(survivor.learner).toEqual(whole.learner);
  expect(outcome.validation).toEqual(undisturbed.outcome!.validation);
}, 180_000);
