import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CleanJob } from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { StopSignal } from '../../cli/host.ts';
import {
  cleanedPicture,
  cleanSummary,
  failureWith,
  fakeApp,
  jobId,
  reportOf,
  type FakeApp,
} from './fake-app.ts';
import { run, type Settings } from './harness.ts';

let folder = '';
let temporaryFolder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unspeckle-test-'));
  temporaryFolder = join(folder, 'tmp');
  await mkdir(temporaryFolder);
});
afterEach(() => rm(folder, { recursive: true }));

const leftInTemporary = (): Promise<string[]> => readdir(temporaryFolder);

/** An app that turns the bytes around, and remembers what it saw of its input. */
function turningAround(changes: Parameters<typeof cleanedPicture>[1] = {}) {
  const seen: { job?: CleanJob; mode?: number; folderMode?: number; bytes?: Buffer } = {};
  const app: FakeApp = fakeApp((emit) => ({
    startClean: async ({ job }) => {
      const source = job.inputs[0] ?? '';
      seen.job = job;
      seen.bytes = await readFile(source);
      seen.mode = (await stat(source)).mode & 0o777;
      seen.folderMode = (await stat(dirname(dirname(source)))).mode & 0o777;
      const out = job.out ?? '';
      await mkdir(out, { recursive: true });
      const output = join(out, 'x.png');
      await writeFile(output, Buffer.from(seen.bytes).reverse());
      const report = reportOf(job, { done: [cleanedPicture(source, { output, ...changes })] });
      setImmediate(() => emit({ type: 'summary', jobId, summary: cleanSummary(report) }));
      return { jobId };
    },
  }));
  return { app, seen };
}

const piped = (argv: readonly string[], settings: Settings) =>
  run(argv, { temporaryFolder, cwd: folder, ...settings });

/** Bytes of every value, longer than one chunk of a stream. */
const picture = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));

test.each([[['clean', '-']], [['clean', '-', '--out', '-']]])(
  '%j takes the picture from standard input and gives the cleaned one to standard output, nothing else',
  async (argv) => {
    const { app, seen } = turningAround();
    const { code, bytes, stderr } = await piped([...argv, '--strength', '0.5'], { app, stdin: picture });
    expect(code).toBe(0);
    expect(bytes.equals(Buffer.from(picture).reverse())).toBe(true);
    expect(seen.bytes?.equals(picture)).toBe(true);
    expect(seen.job?.settings.strength).toBe(0.5);
    expect(stderr).toBe('noise factor 0.098 (σ 25.0), 1.00 s, 2.00 MP/s\n');
    expect(await leftInTemporary()).toEqual([]);
  },
);

test('S14: on the way, only this user can look at the picture', async () => {
  const { app, seen } = turningAround();
  await piped(['clean', '-'], { app, stdin: picture });
  expect(seen.folderMode).toBe(0o700);
  expect(seen.mode).toBe(0o600);
});

test('a file can go to standard output, and standard input to a folder', async () => {
  await writeFile(join(folder, 'a.png'), picture);
  const toOutput = turningAround();
  const first = await piped(['clean', 'a.png', '--out', '-'], { app: toOutput.app });
  expect(first.bytes.equals(Buffer.from(picture).reverse())).toBe(true);
  expect(toOutput.seen.job?.inputs).toEqual([join(folder, 'a.png')]);
  const toFolder = turningAround();
  const second = await piped(['clean', '-', '--out', 'results'], { app: toFolder.app, stdin: picture });
  expect(second.stdout).toBe('');
  expect(toFolder.seen.job?.out).toBe(join(folder, 'results'));
  expect(await readdir(join(folder, 'results'))).toEqual(['x.png']);
  expect(await leftInTemporary()).toEqual([]);
});

test('notices are told beside the picture, but not those about names', async () => {
  const { app } = turningAround({
    notices: [
      { code: 'extension-corrected', details: { format: 'PNG', extension: 'png' } },
      { code: 'xmp-lost', details: { format: 'TIFF' } },
    ],
  });
  const { stderr } = await piped(['clean', '-'], { app, stdin: picture });
  expect(stderr).toContain('[XMP could not be kept in TIFF]');
});

test('a picture that cannot be cleaned is told of as standard input, and nothing is given out', async () => {
  const app = fakeApp((emit) => ({
    startClean: ({ job }) => {
      const file = job.inputs[0] ?? '';
      const failed = [failureWith(file, new AppError('not-a-picture', { file, kind: phrase('kind-pdf') }))];
      const report = reportOf(job, { done: [], failed });
      setImmediate(() => emit({ type: 'summary', jobId, summary: cleanSummary(report) }));
      return Promise.resolve({ jobId });
    },
  }));
  const { code, bytes, stderr } = await piped(['clean', '-'], { app, stdin: picture });
  expect(code).toBe(1);
  expect(bytes.length).toBe(0);
  expect(stderr).toBe(
    'unspeckle: “standard input” is not a picture (a PDF document). Leave it out, or restore it from a backup if it was one.\n',
  );
  expect(await leftInTemporary()).toEqual([]);
});

test('a result of Unspeckle on standard input is an error, not an empty output', async () => {
  const app = fakeApp((emit) => ({
    startClean: ({ job }) => {
      const skipped = [{ source: job.inputs[0] ?? '', code: 'own-output' as const, details: {} }];
      const report = reportOf(job, { done: [], skipped });
      setImmediate(() => emit({ type: 'summary', jobId, summary: cleanSummary(report) }));
      return Promise.resolve({ jobId });
    },
  }));
  const { code, stderr } = await piped(['clean', '-'], { app, stdin: picture });
  expect(code).toBe(1);
  expect(stderr).toContain('expected a picture that is still to be cleaned, got it was made by Unspeckle');
});

test('empty standard input is an error', async () => {
  const { code, stderr, app } = await piped(['clean', '-'], { stdin: Buffer.alloc(0) });
  expect(code).toBe(1);
  expect(stderr).toContain('“standard input” is empty');
  expect(app.calls).toEqual([]);
  expect(await leftInTemporary()).toEqual([]);
});

test('standard input that breaks off is an error, and its part is removed', async () => {
  const breaking = new Readable({
    read() {
      this.push(picture);
      this.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }));
    },
  });
  const { code, stderr } = await piped(['clean', '-'], { stdin: breaking });
  expect(code).toBe(1);
  expect(stderr).toContain('read EIO');
  expect(await leftInTemporary()).toEqual([]);
});

test('stopping while a picture comes in removes what came', async () => {
  let send: (signal: StopSignal) => void = () => {};
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(1000));
      setTimeout(() => send('SIGINT'), 20);
    },
  });
  const { code } = await piped(['clean', '-'], { stdin: endless, signals: (listener) => (send = listener) });
  expect(code).toBe(130);
  expect(await leftInTemporary()).toEqual([]);
});

test('a second Ctrl-C removes what came before it ends at once', async () => {
  let send: (signal: StopSignal) => void = () => {};
  const leftAtEnd: Promise<string[]>[] = [];
  const app = fakeApp({
    startClean: () => {
      setImmediate(() => send('SIGINT'));
      setTimeout(() => {
        send('SIGINT');
        leftAtEnd.push(leftInTemporary());
      }, 450);
      return Promise.resolve({ jobId });
    },
  });
  const { endedNow } = await piped(['clean', '-'], {
    app,
    stdin: picture,
    signals: (listener) => (send = listener),
  });
  expect(endedNow).toEqual([130]);
  expect(await Promise.all(leftAtEnd)).toEqual([[]]);
});

test('a reader that leaves in the middle of the picture is no error worth a word', async () => {
  const { app } = turningAround();
  const { stderr } = await piped(['clean', '-'], { app, stdin: picture, leavesAfter: 1 });
  expect(stderr).toBe('');
  expect(await leftInTemporary()).toEqual([]);
});

test('a picture that does not get out whole is an error', async () => {
  const { app } = turningAround();
  const { code, stderr } = await piped(['clean', '-'], {
    app,
    stdin: picture,
    leavesAfter: 1,
    error: 'ENOSPC',
  });
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(
      'unspeckle: “standard output” could not be written: the system says ENOSPC. Check',
    ),
  ]);
  expect(await leftInTemporary()).toEqual([]);
});

test.each<[string[], Settings, string]>([
  [['clean', '-', 'a.png'], {}, 'paths: expected - alone, for one picture, got “- a.png”'],
  [['clean', 'a.png', 'b.png', '--out', '-'], {}, 'paths: expected - alone, for one picture'],
  [['clean', '-', '--json'], {}, '--json: expected to be left out where - is given'],
  [['clean', '-', '--resume'], {}, '--resume: expected to be left out where - is given'],
  [['clean', '-', '--dry-run'], {}, '--dry-run: expected to be left out where - is given'],
  [['clean', '-', '--report', 'r.json'], {}, '--report: expected to be left out where - is given'],
  [
    ['clean', '-'],
    { stdoutTerminal: true },
    '--out: expected standard output to lead to a file or a program',
  ],
  [['clean', '-'], { stdinTerminal: true }, '-: expected a picture on standard input'],
])('%j is refused', async (argv, settings, message) => {
  const { code, stderr, app, bytes } = await piped(argv, settings);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(app.calls).toEqual([]);
  if (!argv.includes('--json')) expect(bytes.length).toBe(0);
});

test('P7: where no temporary file can be made, that is said', async () => {
  await rm(temporaryFolder, { recursive: true });
  const { code, stderr } = await piped(['clean', '-'], { app: turningAround().app, stdin: picture });
  expect(code).toBe(1);
  expect(stderr).toContain('Nothing can be written to');
  await mkdir(temporaryFolder);
});
