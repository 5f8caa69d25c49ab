import type { Phrase } from './texts/fill-in.ts';
import type { CleanedPicture, CleanJob, CleanPlan, SkippedInput } from './clean.ts';
import type { Failure } from './errors.ts';
import type { TrainingBegun, TrainingOutcome, TrainingProgress } from './train.ts';

/** What a finished, stopped or failed batch has to show for itself; also `report.json`. */
export interface CleanReport {
  readonly version: 1;
  readonly jobId: string;
  readonly job: CleanJob;
  readonly appVersion: string;
  readonly started: string;
  readonly finished: string;
  /** Stopped by a person. */
  readonly stopped: boolean;
  /** What ended the batch before all pictures were tried, such as a full disk; its picture is in `failed`. */
  readonly endedBy?: Failure;
  readonly done: readonly CleanedPicture[];
  readonly failed: readonly ({ readonly source: string } & Failure)[];
  readonly skipped: readonly SkippedInput[];
  /** Found in all = done + failed + skipped (+ pending when it ended early). */
  readonly pending: number;
  readonly megapixels: number;
  readonly seconds: number;
}

/** Everything a job says while it runs, in order. One per line with `--json`. */
export type JobEvent =
  | { readonly type: 'planned'; readonly jobId: string; readonly plan: CleanPlan }
  | {
      readonly type: 'started';
      readonly jobId: string;
      readonly source: string;
      readonly megapixels: number | null;
    }
  | { readonly type: 'progress'; readonly jobId: string; readonly source: string; readonly fraction: number }
  | { readonly type: 'done'; readonly jobId: string; readonly picture: CleanedPicture }
  | ({ readonly type: 'failed'; readonly jobId: string; readonly source: string } & Failure)
  | { readonly type: 'skipped'; readonly jobId: string; readonly skipped: SkippedInput }
  | { readonly type: 'training-begun'; readonly jobId: string; readonly begun: TrainingBegun }
  | { readonly type: 'training'; readonly jobId: string; readonly progress: TrainingProgress }
  | { readonly type: 'engine-restarted'; readonly jobId: string; readonly reason: Phrase }
  | { readonly type: 'summary'; readonly jobId: string; readonly summary: JobSummary };

export type JobSummary =
  | { readonly kind: 'clean'; readonly report: CleanReport; readonly reportFile: string }
  | { readonly kind: 'train'; readonly outcome: TrainingOutcome }
  /** A training that can be gone on with. */
  | { readonly kind: 'paused'; readonly step: number }
  | ({ readonly kind: 'failed' } & Failure);
