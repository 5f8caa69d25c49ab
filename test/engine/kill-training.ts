import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import type { TrainRequest } from '../../contract/engine-api.ts';
import type { TrainingOutcome, TrainingProgress } from '../../contract/train.ts';
import type { Checkpoint } from '../../engine/training/checkpoint.ts';
import { CheckpointStore } from '../../engine/training/checkpoint-store.ts';

/** Of the sources and of what bench/ is built to alike. */
const root = join(import.meta.dirname, '../..');

/** Builds the training process where its packages are found. */
export async function buildTrainingProcess(): Promise<string> {
  const outDir = join(root, '.cache/train-process');
  await mkdir(outDir, { recursive: true });
  await build({
    logLevel: 'silent',
    configFile: false,
    root,
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: 'node20.19',
      minify: false,
      rollupOptions: {
        input: {
          'train-process': join(root, 'test/engine/train-process.ts'),
          'noise-worker': join(root, 'engine/training/noise-worker.ts'),
        },
        external: [/^node:/, /^[@a-z][^:]*$/],
        output: { entryFileNames: '[name].mjs' },
      },
    },
  });
  return join(outDir, 'train-process.mjs');
}

interface Line {
  readonly begun?: number;
  readonly progress?: TrainingProgress;
  readonly outcome?: TrainingOutcome;
  readonly failure?: { readonly message: string };
}

/** What came of one process: everything it said; `outcome` is null where it was killed. */
export interface Life {
  readonly reports: readonly TrainingProgress[];
  readonly outcome: TrainingOutcome | null;
  /** From the first progress to the end. */
  readonly milliseconds: number;
}

/**
 * Runs a training in a process, and kills it a while after its first progress.
 * @param killAfterMs null lets it end
 */
export async function live(
  program: string,
  request: TrainRequest,
  killAfterMs: number | null,
  onProgress: (pid: number) => Promise<void> = () => Promise.resolve(),
): Promise<Life> {
  const child = spawn(process.execPath, [program, JSON.stringify(request), root], {
    env: {
      ...process.env,
      TF_CPP_MIN_LOG_LEVEL: '2',
      TF_NUM_INTRAOP_THREADS: '1',
      TF_NUM_INTEROP_THREADS: '1',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const reports: TrainingProgress[] = [];
  let outcome: TrainingOutcome | null = null;
  let failure: string | null = null;
  let first: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const text of createInterface({ input: child.stdout })) {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      continue; // cut off by the kill
    }
    if (line.progress) {
      reports.push(line.progress);
      await onProgress(child.pid ?? NaN).catch(() => undefined);
      first ??= performance.now();
      if (killAfterMs !== null) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    }
    outcome = line.outcome ?? outcome;
    failure = line.failure?.message ?? failure;
  }
  clearTimeout(timer);
  await ended;
  if (failure !== null) throw new Error(failure);
  return { reports, outcome, milliseconds: performance.now() - (first ?? performance.now()) };
}

/** Trains to the end, killed so many times at random moments and taken up each time. */
export async function liveThroughKills(
  program: string,
  request: TrainRequest,
  { kills, within }: { kills: number; within: number },
): Promise<{ killed: number; resumedAt: number[]; outcome: TrainingOutcome }> {
  const resumedAt: number[] = [];
  let killed = 0;
  for (let left = kills; ; left--) {
    const life = await live(program, { ...request, resume: true }, left > 0 ? within * Math.random() : null);
    const resumed = life.reports[0]?.resumed;
    if (resumed) resumedAt.push(resumed.step);
    if (life.outcome) return { killed, resumedAt, outcome: life.outcome };
    killed++;
  }
}

/** The last checkpoint of a training, which has the whole curve and all weights. */
export async function lastCheckpoint({ checkpoints = '' }: TrainRequest): Promise<Checkpoint> {
  const latest = await new CheckpointStore(checkpoints).latest();
  if (!latest) throw new Error(`no checkpoint in ${checkpoints}`);
  return latest.checkpoint;
}

/** The largest difference between two curves, of losses and of PSNR. */
export function differenceOfCurves(a: Checkpoint, b: Checkpoint): number {
  const [one, other] = [a.record.curve.validations, b.record.curve.validations];
  if (one.length !== other.length) return Infinity;
  return Math.max(
    ...one.flatMap((validation, i) => [
      Math.abs(validation.loss! - other[i]!.loss!),
      Math.abs(validation.psnr - other[i]!.psnr),
    ]),
  );
}
