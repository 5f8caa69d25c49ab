import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { needTrace } from '../storage/faults.ts';
import { buildLoneWriter, pointsOf, sweep, type Tally } from './kill-sweep.ts';
import { writers, type WriterName } from './writers.ts';

const minutes = 60_000;
vi.setConfig({ testTimeout: 20 * minutes });

const isLong = process.env['MODE'] === 'long';
/** Each writer makes dozens of calls; without `npm run test:long` some of them are enough. */
const most = isLong ? Infinity : 3;

let program: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ program, remove } = await buildLoneWriter());
});
afterAll(() => remove());

const tallies: Tally[] = [];

test.for(Object.keys(writers) as WriterName[])(
  'F1, F2: killed at its calls, the writer of %s leaves the old or the new, never torn, and the next run completes it',
  async (name, context) => {
    await needTrace(context);
    const tally = await sweep(program, name, most);
    tallies.push(tally);
    expect(pointsOf(tally)).toBeGreaterThan(0);
    console.log(`${name}: killed at ${pointsOf(tally)} calls (${JSON.stringify(tally)})`);
  },
);

test('F1, F2: all kill points over the writers by themselves are 500 at least', (context) => {
  if (!isLong) context.skip('takes minutes: npm run test:long sweeps every call');
  if (tallies.length === 0) context.skip('strace is not here or may not trace');
  const points = tallies.reduce((sum, tally) => sum + pointsOf(tally), 0);
  console.log(`kill points over the writers by themselves: ${points}, torn: 0`);
  expect(points).toBeGreaterThanOrEqual(500);
});
