import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SkippedInput } from '../../contract/clean.ts';
import { AppError, failureOf } from '../../contract/errors.ts';
import type { CleanReport, JobEvent } from '../../contract/jobs.ts';
import { phrase, verbatim } from '../../contract/texts/fill-in.ts';
import {
  batchEvents,
  cleanedPicture,
  cleanSummary,
  failureWith,
  fakeApp,
  jobId,
  plannedPicture,
  playing,
  reportFile,
  reportOf,
  type FakeApp,
} from './fake-app.ts';
import { batchLine, checkLines, errorSummary, planLine } from './json-schemas.ts';
import { run } from './harness.ts';

const [good, other, bad] = ['/pictures/good.jpg', '/pictures/other.jpg', '/pictures/bad.jpg'];
const damaged = failureWith(
  bad,
  new AppError('image-damaged', { file: bad, reason: verbatim('it ends early') }),
);

/** An app whose batch ends in a report with these changes. */
const ending = (changes: Partial<CleanReport>): FakeApp =>
  fakeApp((emit) => ({
    startClean: ({ job }) => playing(emit, batchEvents(reportOf(job, changes)))(),
  }));

const skip = (code: SkippedInput['code'], source: string): SkippedInput => ({
  source,
  code,
  details: {
    file: source,
    path: source,
    output: '/results/x.png',
    original: good,
    kind: phrase('kind-pipe'),
  },
});

test('a person reads one line a picture and a summary with the places of files and report', async () => {
  const { code, stdout, stderr } = await run(['clean', 'good.jpg'], {
    app: ending({
      done: [cleanedPicture(good, { notices: [{ code: 'density-lost', details: { format: 'WebP' } }] })],
    }),
  });
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'good.jpg → /results/good_denoised.jpg  noise factor 0.098 (σ 25.0), 1.00 s, 2.00 MP/s' +
      '  [the pixel density could not be kept in WebP]',
    'cleaned 1, failed 0, skipped 0 in 10.0 s, 0.20 MP/s',
    'Files:  /results',
    `Report: ${reportFile} (for reading: report.txt beside it)`,
    `The same again: unspeckle run ${reportFile}`,
    '',
  ]);
  expect(stderr).toBe('');
});

test('the time of a picture is what was spent on it, not what it waited for others', async () => {
  const seconds = { decode: 0.5, estimate: 0.25, network: 1, encode: 0.125, write: 0.125, total: 9 };
  const app = () => ending({ done: [cleanedPicture(good, { seconds })] });
  const person = await run(['clean', 'good.jpg'], { app: app() });
  expect(person.stdout).toContain(', 2.00 s, 1.00 MP/s');
  const script = await run(['clean', 'good.jpg', '--json'], { app: app() });
  const done = script.json().find(({ type }) => type === 'done');
  expect(done).toMatchObject({ seconds: 2, totalSeconds: 9, megapixelsPerSecond: 1 });
});

test('a picture that fails is told on standard error, with its name and what to do', async () => {
  const { code, stdout, stderr } = await run(['clean', 'good.jpg', 'bad.jpg'], {
    app: ending({ done: [cleanedPicture(good)], failed: [damaged] }),
  });
  expect(code).toBe(3);
  expect(stderr).toMatch(/^failed: “\/pictures\/bad\.jpg” is damaged: it ends early\. .*--salvage/);
  expect(stdout).toContain('cleaned 1, failed 1, skipped 0');
});

test('names cannot act on the terminal, in results, errors and skips', async () => {
  const nasty = '/pictures/\u001b[2J\nfake line\u202e.jpg';
  const { stdout, stderr } = await run(['clean', nasty], {
    app: ending({
      done: [cleanedPicture(nasty)],
      failed: [failureWith(nasty, new AppError('image-damaged', { file: nasty, reason: verbatim('x') }))],
      skipped: [skip('permission-denied', nasty)],
    }),
  });
  const escaped = String.raw`\x1b[2J\nfake line\u{202e}`;
  expect(stdout).toContain(escaped);
  expect(stderr.match(/\\x1b\[2J\\nfake line\\u\{202e\}/g)?.length).toBe(2);
  for (const text of [stdout, stderr]) expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
});

test.each<[string, Partial<CleanReport>, number]>([
  ['all done', { done: [cleanedPicture(good)] }, 0],
  ['some failed', { done: [cleanedPicture(good)], failed: [damaged] }, 3],
  ['all failed', { done: [], failed: [damaged] }, 1],
  ['results there already', { done: [], skipped: [skip('output-kept', good)] }, 0],
  ['results there already, the rest failed', { done: [], failed: [damaged], skipped: [skip('already-done', good)] }, 3],
  ['own results passed over', { done: [], skipped: [skip('own-output', good)] }, 0],
  ['own results passed over, the rest failed', { done: [], failed: [damaged], skipped: [skip('own-output', good)] }, 1],
  ['a file that may not be read', { done: [cleanedPicture(good)], skipped: [skip('permission-denied', bad)] }, 3],
  ['a pipe in a folder', { done: [cleanedPicture(good)], skipped: [skip('not-a-regular-file', '/pictures/sub/p.png')] }, 0],
  ['a pipe that was named', { done: [cleanedPicture(good)], skipped: [skip('not-a-regular-file', bad)] }, 3],
])('%s: exit code', async (_, changes, expected) => {
  const { code } = await run(['clean', 'good.jpg', 'bad.jpg'], { app: ending(changes) });
  expect(code).toBe(expected);
}); // prettier-ignore

test('what is passed over by rule is counted, what went wrong is told one by one', async () => {
  const { stdout, stderr } = await run(['clean', '.'], {
    app: ending({
      skipped: [skip('own-output', good), skip('own-output', other), skip('permission-denied', bad)],
    }),
  });
  expect(stdout).toContain('skipped 2: made by Unspeckle, not cleaned again');
  expect(stderr).toContain('failed: “/pictures/bad.jpg” may not be opened');
});

test('every line of --json has the form that is promised, and nothing else is on standard output', async () => {
  const { code, json, stderr } = await run(['clean', '.', '--json', '--out', 'out'], {
    app: ending({ done: [cleanedPicture(good), cleanedPicture(other)], failed: [damaged], skipped: [skip('own-output', '/pictures/own.png')] }),
  }); // prettier-ignore
  checkLines(batchLine, json());
  expect(json().map(({ type }) => type)).toEqual([
    'planned', 'planned', 'planned', 'skipped',
    'started', 'progress', 'done',
    'started', 'progress', 'done',
    'started', 'failed',
    'summary',
  ]); // prettier-ignore
  expect(json()[0]).toMatchObject({
    source: good,
    index: 1,
    pictures: 3,
    output: '/results/good_denoised.jpg',
  });
  expect(json().at(-1)).toMatchObject({
    done: 2,
    failed: 1,
    skipped: 1,
    pending: 0,
    megapixels: 4,
    megapixelsPerSecond: 0.4,
    out: '/pictures/out',
    report: reportFile,
    exitCode: 3,
  });
  expect(code).toBe(3);
  expect(stderr).toBe('');
});

test('a picture passed over in the middle of a run is told once', async () => {
  const kept = skip('output-kept', good);
  const { json } = await run(['clean', '.', '--json'], {
    app: fakeApp((emit) => ({
      startClean: ({ job }) =>
        playing(emit, [
          { type: 'planned', jobId, plan: { pictures: [plannedPicture(other)], skipped: [kept] } },
          { type: 'skipped', jobId, skipped: kept },
          { type: 'skipped', jobId, skipped: skip('output-kept', other) },
          { type: 'summary', jobId, summary: cleanSummary(reportOf(job, { done: [], skipped: [kept] })) },
        ])(),
    })),
  });
  const skipped = json().filter(({ type }) => type === 'skipped');
  expect(skipped.map(({ source }) => source)).toEqual([good, other]);
});

test('events that arrive before the answer to the start are not lost, those of other jobs are left out', async () => {
  const { json } = await run(['clean', 'good.jpg', '--json'], {
    app: fakeApp((emit) => ({
      startClean: ({ job }) => {
        emit({ type: 'engine-restarted', jobId: 'another', reason: verbatim('not ours') });
        batchEvents(reportOf(job)).forEach(emit);
        return Promise.resolve({ jobId });
      },
    })),
  });
  expect(json().map(({ type }) => type)).toEqual(['planned', 'started', 'progress', 'done', 'summary']);
});

test('progress is told a few times a second, not at each tile', async () => {
  const { json } = await run(['clean', 'good.jpg', '--json'], {
    app: fakeApp((emit) => ({
      startClean: ({ job }) => {
        const [planned, started, ...rest] = batchEvents(reportOf(job)) as [JobEvent, JobEvent, ...JobEvent[]];
        const tiles = Array.from({ length: 500 }, (_, tile): JobEvent => ({ type: 'progress', jobId, source: good, fraction: tile / 500 })); // prettier-ignore
        return playing(emit, [
          planned,
          started,
          ...tiles,
          ...rest.filter(({ type }) => type !== 'progress'),
        ])();
      },
    })),
  });
  const told = json().filter(({ type }) => type === 'progress').length;
  expect(told).toBeGreaterThanOrEqual(1);
  expect(told).toBeLessThan(10);
});

test('an error of the whole batch is told in words, and in the summary', async () => {
  const app = () =>
    fakeApp({ startClean: () => Promise.reject(new AppError('no-pictures', { paths: '/pictures/empty' })) });
  const person = await run(['clean', 'empty'], { app: app() });
  expect(person.code).toBe(1);
  expect(person.stderr).toMatch(/^unspeckle: No picture was found in \/pictures\/empty\./);
  const script = await run(['clean', 'empty', '--json'], { app: app() });
  checkLines(errorSummary, script.json());
  expect(script.json()[0]).toMatchObject({ code: 'no-pictures', exitCode: 1 });
});

test('a batch that ended early says why, and how to go on', async () => {
  const endedBy = failureOf(new AppError('disk-full', { path: '/results' }));
  const changes = { done: [cleanedPicture(good)], pending: 7, endedBy };
  const person = await run(['clean', '.'], { app: ending(changes) });
  expect(person.code).toBe(3);
  expect(person.stdout).toContain('not started 7');
  expect(person.stderr).toMatch(
    /^Ended before all pictures were tried: The disk .* is full.*--resume does the rest/,
  );
  const script = await run(['clean', '.', '--json'], { app: ending(changes) });
  checkLines(batchLine, script.json());
  expect(script.json().at(-1)).toMatchObject({ endedBy: 'disk-full', pending: 7, exitCode: 3 });
});

test('a job that fails as a whole later is told the same way', async () => {
  const full = new AppError('disk-full', { path: '/results' });
  const { code, stderr } = await run(['clean', '.'], {
    app: fakeApp((emit) => ({
      startClean: playing(emit, [
        { type: 'summary', jobId, summary: { kind: 'failed', code: full.code, details: full.details, message: full.message } },
      ]),
    })),
  }); // prettier-ignore
  expect(code).toBe(1);
  expect(stderr).toContain('The disk that holds “/results” is full');
});

test('an unexpected error is one sentence; its place in the code is shown only when asked for', async () => {
  const app = () => fakeApp({ startClean: () => Promise.reject(new TypeError('x is not a function')) });
  const plain = await run(['clean', '.'], { app: app() });
  expect(plain.code).toBe(1);
  expect(plain.stderr).toContain('Something unexpected went wrong: x is not a function');
  expect(plain.stderr).not.toContain('fake-app');
  const detailed = await run(['clean', '.'], { app: app(), env: { UNSPECKLE_DEBUG: '1' } });
  expect(detailed.stderr).toMatch(/\n\s+at .*clean-batch/);
});

test('the application is closed at the end, also after an error', async () => {
  const app = fakeApp({ startClean: () => Promise.reject(new AppError('no-pictures', { paths: 'x' })) });
  await run(['clean', '.'], { app });
  expect(app.closed()).toBe(true);
});

test('on a terminal there is a bar on standard error that steps aside; elsewhere not one control code', async () => {
  const slow = (): FakeApp =>
    fakeApp((emit) => ({
      startClean: ({ job }) => {
        const [planned, started, ...rest] = batchEvents(reportOf(job)) as [JobEvent, JobEvent, ...JobEvent[]];
        setTimeout(() => [planned, started].forEach(emit), 1);
        setTimeout(() => rest.forEach(emit), 300);
        return Promise.resolve({ jobId });
      },
    }));
  const terminal = await run(['clean', 'good.jpg'], { app: slow(), terminal: true, stdoutTerminal: false });
  expect(terminal.stderr).toContain('] 0/1  …  good.jpg');
  // Saving and restoring the cursor would return to a line that has scrolled away.
  expect(terminal.stderr).not.toMatch(/\u001b[78]/);
  // A terminal that is told not to wrap lines would stay so after a kill.
  expect(terminal.stderr).not.toContain('\u001b[?7l');
  expect(terminal.stdout).not.toMatch(/\u001b|\r/);
  const file = await run(['clean', 'good.jpg'], { app: slow() });
  expect(file.stderr).toBe('');
});

test.each([
  [{}, true],
  [{ NO_COLOR: '1' }, false],
  [{ NO_COLOR: '' }, true],
  [{ TERM: 'dumb' }, false],
])('with %j a terminal gets colours: %s', async (env, coloured) => {
  const { stderr } = await run(['clean', '.'], { app: ending({ failed: [damaged] }), terminal: true, env });
  expect(stderr.includes('\u001b[31m')).toBe(coloured);
});

test('--dry-run shows each result and each skip with its reason, and starts nothing', async () => {
  const plan = { pictures: [plannedPicture(good)], skipped: [skip('own-output', other), skip('permission-denied', bad)] }; // prettier-ignore
  const app = () => fakeApp({ planClean: () => Promise.resolve(plan) });
  const person = await run(['clean', '.', '--dry-run', '--format', 'webp'], { app: app() });
  expect(person.app.calls.map(({ method }) => method)).toEqual(['planClean']);
  expect(person.stdout.split('\n').slice(0, 4)).toEqual([
    'good.jpg → /results/good_denoised.webp',
    'skipped: other.jpg: it was made by Unspeckle',
    expect.stringMatching(/^failed: .*bad\.jpg.* may not be opened/),
    '1 to clean, 1 cannot be, 1 skipped. Nothing was written.',
  ]);
  expect(person.code).toBe(3);
  const script = await run(['clean', '.', '--dry-run', '--json'], { app: app() });
  checkLines(planLine, script.json());
  expect(script.json().at(-1)).toMatchObject({ dryRun: true, planned: 1, skipped: 2 });
});

test.each([
  ['a.JPEG', 'same', 'a_denoised.JPEG'],
  ['a.tiff', 'same', 'a_denoised.tiff'],
  ['a.gif', 'same', 'a_denoised.png'],
  ['a', 'same', 'a_denoised.png'],
  ['a.tif', 'jpeg', 'a_denoised.jpg'],
  ['a.jpeg', 'jpeg', 'a_denoised.jpeg'],
])('--dry-run expects %s in format %s to become %s', async (name, format, expected) => {
  const { json } = await run(['clean', name, '--dry-run', '--json', '--format', format]);
  expect(json()[0]).toMatchObject({ output: `/results/${expected}` });
});

test('run does again what a report says, with resume when asked', async () => {
  const job = reportOf({ kind: 'clean', inputs: [good], out: '/out', settings: {} as never }).job;
  const { app, code } = await run(['run', 'old.json', '--resume'], {
    app: fakeApp((emit) => ({
      readReport: () => Promise.resolve(reportOf(job)),
      startClean: ({ job: started }) => playing(emit, batchEvents(reportOf(started)))(),
    })),
  });
  expect(code).toBe(0);
  expect(app.requestOf('readReport')).toEqual({ file: '/pictures/old.json' });
  expect(app.requestOf('startClean')).toEqual({ job, resume: true });
});

test('a report that cannot be run again is refused', async () => {
  const { code, stderr } = await run(['run', 'x.json'], {
    app: fakeApp({
      readReport: ({ file }) =>
        Promise.reject(new AppError('report-invalid', { file, reason: verbatim('no job in it') })),
    }),
  });
  expect(code).toBe(1);
  expect(stderr).toContain('“/pictures/x.json” cannot be run again: no job in it.');
});

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unspeckle-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** An app that has a report on disk, as the real one has. */
async function withReport(meanwhile = async (): Promise<void> => {}): Promise<FakeApp> {
  const own = join(folder, 'home-report.json');
  await writeFile(own, '{"jobId":"job-1","job":{}}');
  return fakeApp((emit) => ({
    startClean: async ({ job }) => {
      await meanwhile();
      return playing(emit, [
        { type: 'summary', jobId, summary: { ...cleanSummary(reportOf(job)), reportFile: own } as never },
      ])();
    },
  }));
}

test('--report writes the report to the file, whole, and says that place', async () => {
  const { code, json } = await run(['clean', 'a.png', '--report', 'mine.json', '--json'], {
    app: await withReport(),
    cwd: folder,
  });
  expect(code).toBe(0);
  expect(await readFile(join(folder, 'mine.json'), 'utf8')).toBe('{"jobId":"job-1","job":{}}');
  expect(json().at(-1)).toMatchObject({ report: join(folder, 'mine.json') });
  expect((await readdir(folder)).sort()).toEqual(['home-report.json', 'mine.json']);
});

test('--report replaces an earlier report, and no other file unless overwriting was asked for', async () => {
  const file = join(folder, 'mine.json');
  await writeFile(file, '{"jobId":"old","job":{}}');
  const again = await run(['clean', 'a.png', '--report', file], { app: await withReport() });
  expect(again.code).toBe(0);
  await writeFile(file, 'a letter');
  const refused = await run(['clean', 'a.png', '--report', file]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('already exists and is kept');
  expect(refused.app.calls).toEqual([]);
  expect(await readFile(file, 'utf8')).toBe('a letter');
  const asked = await run(['clean', 'a.png', '--report', file, '--on-conflict', 'overwrite'], {
    app: await withReport(),
  });
  expect(asked.code).toBe(0);
});

test('a report that could not be written is refused before any work', async () => {
  await mkdir(join(folder, 'is-a-folder'));
  for (const place of ['absent/mine.json', 'is-a-folder']) {
    const { code, stderr, app } = await run(['clean', 'a.png', '--report', place], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain('--report: expected a file in a folder that exists');
    expect(app.calls).toEqual([]);
  }
  const { stderr } = await run(['clean', 'a.png', '--report', 'a.png'], { cwd: folder });
  expect(stderr).toContain('would be written over a source picture');
});

test('P12: --report takes the place of no source and no picture, also where overwriting was asked for', async () => {
  const source = join(folder, 'holiday', 'a.heic');
  const result = join(folder, 'b.png');
  await mkdir(join(folder, 'holiday'));
  await writeFile(source, 'the only copy');
  for (const file of [source, result]) {
    const argv = ['clean', 'holiday', '--report', file, '--on-conflict', 'overwrite'];
    // The result gets its name while the batch is at work.
    const app = await withReport(() =>
      file === result ? writeFile(result, '\x89PNG\r\n\x1a\n', 'latin1') : Promise.resolve(),
    );
    const { code, stderr } = await run(argv, { app, cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain('would be written over a source picture');
  }
  expect(await readFile(source, 'utf8')).toBe('the only copy');
  expect(await readFile(result, 'latin1')).toContain('PNG');
});
