import { expect, test, vi } from 'vitest';
import type { JobEvent } from '../../contract/jobs.ts';
import type { StopSignal } from '../../cli/host.ts';
import { batchEvents, cleanedPicture, cleanSummary, fakeApp, jobId, reportOf, trainingOutcome, type FakeApp } from './fake-app.ts'; // prettier-ignore
import { batchLine, checkLines, trainingLine } from './json-schemas.ts';
import { run } from './harness.ts';

const good = '/pictures/good.jpg';

/** A batch that ends only when it is cancelled, after some milliseconds; `started` is called when it runs. */
function untilCancelled(started: () => void, endsAfterMs = 5): FakeApp {
  return fakeApp((emit) => {
    let summary: JobEvent;
    return {
      startClean: ({ job }) => {
        const report = reportOf(job, { done: [cleanedPicture(good)], stopped: true, pending: 3 });
        summary = { type: 'summary', jobId, summary: cleanSummary(report) };
        const events = batchEvents(report).slice(0, -1);
        setImmediate(() => {
          events.forEach(emit);
          started();
        });
        return Promise.resolve({ jobId });
      },
      cancelJob: () => {
        setTimeout(() => emit(summary), endsAfterMs);
        return Promise.resolve();
      },
    };
  });
}

/** Signals as the test sends them: kept until the run listens. */
function signals() {
  let send: (signal: StopSignal) => void = () => {};
  return {
    connect: (listener: typeof send) => (send = listener),
    send: (signal: StopSignal) => send(signal),
  };
}

test.each<[StopSignal, number]>([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])('%s stops a batch, keeps what is done, and ends with %i', async (signal, expected) => {
  const { connect, send } = signals();
  const app = untilCancelled(() => send(signal));
  const { code, stdout, stderr, endedNow } = await run(['clean', '.'], { app, signals: connect });
  expect(code).toBe(expected);
  expect(app.requestOf('cancelJob')).toEqual({ jobId });
  expect(stdout).toContain('cleaned 1, failed 0, skipped 0, not started 3');
  expect(stderr).toContain('Stopping: finishing cleanly');
  expect(stderr).toContain('--resume does the rest');
  expect(endedNow).toEqual([]);
});

test('a stopped batch says so in its last line of --json', async () => {
  const { connect, send } = signals();
  const app = untilCancelled(() => send('SIGINT'));
  const { code, json } = await run(['clean', '.', '--json'], { app, signals: connect });
  expect(code).toBe(130);
  checkLines(batchLine, json());
  expect(json().at(-1)).toMatchObject({ stopped: true, done: 1, pending: 3, exitCode: 130 });
});

test('F10: one Ctrl-C that arrives twice, from the terminal and through npm, is one', async () => {
  const { connect, send } = signals();
  const app = untilCancelled(() => {
    send('SIGINT');
    send('SIGINT');
  });
  const { code, endedNow } = await run(['clean', '.'], { app, signals: connect });
  expect([code, endedNow]).toEqual([130, []]);
});

test('F10: a second Ctrl-C ends at once', async () => {
  const { connect, send } = signals();
  const app = untilCancelled(() => {
    send('SIGINT');
    setTimeout(() => send('SIGINT'), 450);
  }, 700);
  const { endedNow } = await run(['clean', '.'], { app, signals: connect });
  expect(endedNow).toEqual([130]);
});

test('a job that does not end is left after two seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { connect, send } = signals();
  const app = untilCancelled(() => {
    send('SIGINT');
    setTimeout(() => vi.useRealTimers(), 2000);
    vi.advanceTimersByTime(2000);
  }, 60_000);
  const { code, stderr } = await run(['clean', '.'], { app, signals: connect });
  expect(code).toBe(130);
  expect(stderr).toContain('Stopped.');
  expect(app.closed()).toBe(true);
});

test('stopping while the plan is still made ends at once', async () => {
  const { connect, send } = signals();
  const app = fakeApp({
    startClean: () => {
      setImmediate(() => send('SIGTERM'));
      return new Promise(() => {});
    },
  });
  const { code } = await run(['clean', '.'], { app, signals: connect });
  expect(code).toBe(143);
});

test.each([
  'estimate a.png',
  'evaluate . --noise-factor 0.1',
  'doctor',
  'bench',
  'models',
  'clean . --dry-run',
])('Ctrl-C ends %s, though it is no job', async (command) => {
  const { connect, send } = signals();
  const never = (): Promise<never> => {
    setImmediate(() => send('SIGINT'));
    return new Promise(() => {});
  };
  const app = fakeApp({ estimateNoise: never, evaluate: never, diagnose: never, bench: never, listModels: never, planClean: never }); // prettier-ignore
  const { code, stderr } = await run(command.split(' '), { app, signals: connect });
  expect(code).toBe(130);
  expect(stderr).toBe('unspeckle: Stopped.\n');
});

test('Ctrl-C in a training keeps the best and says where it is', async () => {
  const { connect, send } = signals();
  const stoppable = (): FakeApp =>
    fakeApp((emit) => ({
      startTraining: () => {
        setImmediate(() => send('SIGINT'));
        return Promise.resolve({ jobId });
      },
      cancelJob: () => {
        const outcome = trainingOutcome({ stopped: true });
        setTimeout(() => emit({ type: 'summary', jobId, summary: { kind: 'train', outcome } }), 5);
        return Promise.resolve();
      },
    }));
  const person = await run(['train', '.', '--name', 'x'], { app: stoppable(), signals: connect });
  expect(person.code).toBe(130);
  expect(person.stdout).toContain('The best so far is kept as the model “my-camera”');
  expect(person.stdout).toContain('Model: /home/person/.unspeckle/models/my-camera');
  const script = await run(['train', '.', '--name', 'x', '--json'], { app: stoppable(), signals: connect });
  checkLines(trainingLine, script.json());
  expect(script.json().at(-1)).toMatchObject({ stopped: true, exitCode: 130 });
});

test('S17: when the reader of standard output leaves, a batch stops quietly', async () => {
  const app = untilCancelled(() => {});
  const { code, stderr } = await run(['clean', '.', '--json'], { app, leavesAfter: 1 });
  expect(code).toBe(143);
  expect(stderr).toBe('');
  expect(app.requestOf('cancelJob')).toEqual({ jobId });
});

test.each(['estimate a.png b.png', 'models', '--help', 'clean --help'])(
  'when the reader of %s has seen enough, it ends quietly with 0',
  async (command) => {
    const { code, stderr } = await run(command.split(' '), { leavesAfter: 0 });
    expect([code, stderr]).toEqual([0, '']);
  },
);

test.each(['models', 'clean .', 'clean . --json', '--help'])(
  'when the results of %s cannot be written, that is an error',
  async (command) => {
    const { code, stderr } = await run(command.split(' '), { leavesAfter: 0, error: 'ENOSPC' });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        'unspeckle: “standard output” could not be written: the system says ENOSPC. Check',
      ),
    ]);
  },
);
