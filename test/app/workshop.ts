import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createApp, type App, type AppOptions } from '../../app/app.ts';
import { cleanJob, type CleanJob, type CleanSettings } from '../../contract/clean.ts';
import { failureOf } from '../../contract/errors.ts';
import type { CleanReport, JobEvent, JobSummary } from '../../contract/jobs.ts';
import type { ModelCard } from '../../contract/model-card.ts';

export const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** A made-up program folder, person's folder and pictures, with the fake engine, all in one temporary folder. */
export class Workshop {
  readonly folder: string;
  readonly pictures: string;
  readonly out: string;
  readonly home: string;
  readonly root: string;
  readonly state: string;
  readonly apps: App[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.pictures = join(folder, 'pictures');
    this.out = join(folder, 'out');
    this.home = join(folder, 'home');
    this.root = join(folder, 'program');
    this.state = join(folder, 'state');
  }

  static async open(): Promise<Workshop> {
    const workshop = new Workshop(await mkdtemp(join(tmpdir(), 'workshop-')));
    await mkdir(workshop.pictures);
    await mkdir(workshop.state);
    await mkdir(workshop.root);
    await writeFile(join(workshop.root, 'package.json'), '{"version":"9.9.9"}');
    await writeModel(join(workshop.root, 'model/pretrained/gaussian-small'), 'gaussian-small');
    return workshop;
  }

  async close(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
    await rm(this.folder, { recursive: true, force: true });
  }

  app(enginePath: string, more: Partial<AppOptions> = {}): App {
    const app = createApp({
      root: this.root,
      home: this.home,
      enginePath,
      env: { PATH: process.env['PATH'], FAKE_ENGINE_STATE: this.state, ...more.env },
      ...(more.engineLimits ? { engineLimits: more.engineLimits } : {}),
      ...(more.engineWear ? { engineWear: more.engineWear } : {}),
    });
    this.apps.push(app);
    return app;
  }

  /** Writes a picture that makes the fake engine do as told. */
  async picture(name: string, ...commands: string[]): Promise<string> {
    const path = join(this.pictures, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.concat([pngSignature, Buffer.from(commands.map((c) => `${c}\n`).join(''))]));
    return path;
  }

  /** Lets go a picture that is told `held`. */
  async release(name: string): Promise<void> {
    await writeFile(join(this.state, `${basename(name)}.released`), '');
  }

  job(more: Partial<CleanSettings> = {}, inputs: readonly string[] = [this.pictures]): CleanJob {
    return cleanJob.parse({ kind: 'clean', inputs, out: this.out, settings: more });
  }

  /** Files below a folder, with their content's hash. */
  listing(folder: string): Record<string, string> {
    return Object.fromEntries(
      filesIn(folder).map((name) => [name, sha256(readFileSync(join(folder, name)))]),
    );
  }

  outputs(): string[] {
    return filesIn(this.out);
  }

  /** Finished ones only. */
  results(): string[] {
    return this.outputs().filter((name) => !name.startsWith('.'));
  }

  attempts(): {
    name: string;
    pid: number;
    tileLimit: number | null;
    atWork: number;
    model: string;
    weights: string;
    settings: CleanSettings;
  }[] {
    return lines(join(this.state, 'attempts.jsonl')) as ReturnType<Workshop['attempts']>;
  }

  /** What the fake engine noted of one kind. */
  notes(what: string): Record<string, unknown>[] {
    return lines(join(this.state, `${what}.jsonl`)) as Record<string, unknown>[];
  }

  choices(): unknown[] {
    return lines(join(this.state, 'choices.jsonl'));
  }

  /** Engine processes that were ever started. */
  enginePids(): number[] {
    return lines(join(this.state, 'pids')) as number[];
  }
}

/** By name alone: while a batch writes, a file that was listed may be gone when it is opened. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort();
}

function lines(path: string): unknown[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

/** Builds a module of this folder for plain Node; a few milliseconds. */
export async function buildForNode(module: string, outDir: string): Promise<string> {
  await build({
    logLevel: 'silent',
    configFile: false,
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, module),
      outDir,
      emptyOutDir: false,
      target: 'node20.19',
      rollupOptions: { output: { entryFileNames: '[name].mjs' } },
    },
  });
  return join(outDir, module.replace(/\.ts$/, '.mjs'));
}

/** A batch followed to its end. */
export interface Followed {
  readonly jobId: string;
  readonly events: readonly JobEvent[];
  readonly summary: JobSummary;
  readonly report: CleanReport;
}

export async function follow(
  app: App,
  job: CleanJob,
  options: { resume?: boolean; onEvent?: (event: JobEvent, jobId: string) => void } = {},
): Promise<Followed> {
  const events: JobEvent[] = [];
  let jobId = '';
  let stop = () => {};
  const ended = new Promise<JobSummary>((resolve) => {
    stop = app.subscribe((event) => {
      if (jobId !== '' && event.jobId !== jobId) return;
      events.push(event);
      options.onEvent?.(event, event.jobId);
      if (event.type === 'summary') resolve(event.summary);
    });
  });
  try {
    jobId = (await app.api.startClean({ job, resume: options.resume ?? false })).jobId;
    const summary = await ended;
    return {
      jobId,
      events,
      summary,
      get report() {
        if (summary.kind !== 'clean') throw new Error(`the batch ended as ${JSON.stringify(summary)}`);
        return summary.report;
      },
    };
  } finally {
    stop();
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const cardOf = (id: string, more: Partial<ModelCard> = {}): ModelCard => ({
  version: 1,
  id,
  name: id,
  purpose: 'tests',
  network: { kind: 'classic', channels: 1 },
  noise: { trained: 'gaussian:0-0.22', clippedShare: 0.5, largest: 0.22 },
  training: {
    sources: [],
    pictures: 1,
    steps: 1,
    minutes: 1,
    seed: 0,
    batch: 1,
    patch: 8,
    threads: 1,
    machine: '',
    finished: '',
    startedFrom: null,
    validation: null,
  },
  metrics: [],
  licence: 'MIT',
  credits: '',
  appVersion: '9.9.9',
  weightsSha256: '0'.repeat(64),
  ...more,
});

export async function writeModel(folder: string, id: string, more: { bytes?: number; json?: string } = {}) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.json'), more.json ?? '{}');
  const weights = Buffer.alloc(more.bytes ?? 16);
  await writeFile(join(folder, 'weights.bin'), weights);
  await writeFile(join(folder, 'card.json'), JSON.stringify(cardOf(id, { weightsSha256: sha256(weights) })));
}

export function isRunning(pid: number): boolean {
  try {
    // A process that ended and was not yet collected by its parent is no longer at work.
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}

export interface MadeWorkshop {
  readonly workshop: Workshop;
  /** The fake engine, built. */
  readonly enginePath: string;
  /** Where it was built, for other programs. */
  readonly built: string;
}

/** A fresh workshop for each test of a file, and one fake engine for all. */
export function useWorkshop(take: (made: MadeWorkshop) => void): void {
  let built: string;
  let enginePath: string;
  let workshop: Workshop;
  beforeAll(async () => {
    built = await mkdtemp(join(tmpdir(), 'fake-engine-'));
    enginePath = await buildForNode('fake-engine.ts', built);
  });
  afterAll(() => rm(built, { recursive: true, force: true }));
  beforeEach(async () => {
    workshop = await Workshop.open();
    take({ workshop, enginePath, built });
  });
  afterEach(() => workshop.close());
}

/** The code of the error some work ends in. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => failureOf(error).code,
  );

export const names = (paths: readonly { source: string }[]): string[] =>
  paths.map(({ source }) => basename(source));

/** What was told of one picture, in order. */
export const types = (events: readonly JobEvent[], name: string): string[] =>
  events.filter((event) => 'source' in event && basename(event.source) === name).map(({ type }) => type);

export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 20) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain for ${what}`);
}
