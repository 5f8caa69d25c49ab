import { expect, test } from 'vitest';
import {
  buildTrainingProcess,
  differenceOfCurves,
  lastCheckpoint,
  live,
  liveThroughKills,
} from './kill-training.ts';
import { pictureFolder, requestFor, scratchFolder, tinyConfig } from './train-fixtures.ts';

const isLong = process.env['MODE'] === 'long';
/** `npm run test:long` kills it as often as is promised. */
const [kills, steps] = isLong ? [30, 300] : [3, 120];

test(
  `F2, T2: a training that is killed at ${kills} random moments and taken up ends as if it had never been stopped`,
  async () => {
    const [pictures, models, program] = [
      await pictureFolder(8, 48),
      await scratchFolder(),
      await buildTrainingProcess(),
    ];
    // A cache for a few pictures only: which are in memory has to be restored too.
    const changes = { length: { steps }, validateEvery: 5, cache: 8000, threads: 1 };
    const config = tinyConfig(pictures, changes);
    const requestOf = (id: string) => ({
      ...requestFor(config, models, id),
      checkpoints: `${models}/checkpoints-${id}`,
    });
    const undisturbed = await live(program, requestOf('whole'), null);
    const { killed, resumedAt, outcome } = await liveThroughKills(program, requestOf('killed'), {
      kills,
      within: isLong ? Math.max(500, (1.5 * undisturbed.milliseconds) / kills) : undisturbed.milliseconds / 2,
    });
    expect(killed).toBeGreaterThan(isLong ? 20 : 0);
    expect(resumedAt.length).toBeGreaterThan(0);
    expect(outcome.steps).toBe(steps);
    const [whole, survivor] = [
      await lastCheckpoint(requestOf('whole')),
      await lastCheckpoint(requestOf('killed')),
    ];
    expect(survivor.record.curve.validations).toHaveLength(steps / 5);
    const difference = differenceOfCurves(whole, survivor);
    if (isLong)
      console.log(
        `killed ${killed} times, taken up ${resumedAt.length} times, curves differ by ${difference}`,
      );
    expect(difference).toBeLessThan(1e-5);
    expect(survivor.learner).toEqual(whole.learner);
    expect(outcome.validation).toEqual(undisturbed.outcome!.validation);
  },
  isLong ? 1_800_000 : 180_000,
);
