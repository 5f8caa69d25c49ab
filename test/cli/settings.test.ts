import { expect, test } from 'vitest';
import { settings } from '../../contract/settings.ts';
import type { JobEvent } from '../../contract/jobs.ts';
import {
  cleanedPicture,
  cleanSummary,
  fakeApp,
  jobId,
  plannedPicture,
  playing,
  reportOf,
} from './fake-app.ts';
import { cleanJob } from '../../contract/clean.ts';
import { run } from './harness.ts';

const chosen = settings.parse({ version: 2, backend: 'onnx', threads: 3, memory: 2 ** 30 });
const app = () => fakeApp({ readSettings: () => Promise.resolve(chosen) });

test('what the command line does not say is as in the settings', async () => {
  const { app: asked } = await run(['clean', 'a.png'], { app: app() });
  expect(asked.requestOf('startClean').job.settings).toMatchObject({
    backend: 'onnx',
    threads: 3,
    memory: 2 ** 30,
  });
});

test('what the command line says goes before the settings, also when it is the usual', async () => {
  const { app: asked } = await run(['clean', 'a.png', '--backend', 'auto', '--threads', '0'], { app: app() });
  expect(asked.requestOf('startClean').job.settings).toMatchObject({ backend: 'auto', threads: 0 });
});

test('--resume of a finished run says that nothing is left, and that is no failure', async () => {
  const source = '/home/person/a.png';
  const job = cleanJob.parse({ kind: 'clean', inputs: [source], settings: {} });
  const details = { file: source, output: cleanedPicture(source).output };
  const events: JobEvent[] = [
    { type: 'planned', jobId, plan: { pictures: [plannedPicture(source)], skipped: [] } },
    { type: 'skipped', jobId, skipped: { source, code: 'already-done', details } },
    { type: 'summary', jobId, summary: cleanSummary(reportOf(job)) },
  ];
  const resuming = fakeApp((emit) => ({ startClean: playing(emit, events) }));
  const { code, stdout } = await run(['clean', source, '--resume'], { app: resuming });
  expect(code).toBe(0);
  expect(stdout).toContain('Nothing was left to do');
});
