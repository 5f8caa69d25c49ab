import type { BackendMeasurement } from './backend.ts';
import type { CleanJob, CleanPlan } from './clean.ts';
import type { ContactRow, EngineDescription, PinnedFile, SurveyRequest } from './engine-api.ts';
import type { CleanReport, JobEvent } from './jobs.ts';
import type {
  BenchResult,
  EvaluatedPicture,
  EvaluationSource,
  EvaluationSummary,
  NoiseEstimate,
} from './measure.ts';
import type { ModelSummary } from './model-card.ts';
import type { Settings } from './settings.ts';
import type { RecipeName } from './recipes.ts';
import type { TrainingConfig, TrainingSurvey } from './train.ts';
import type { Failure, Said } from './errors.ts';

/** What was found on this machine. */
export interface Diagnosis {
  readonly appVersion: string;
  readonly home: string;
  readonly engine: EngineDescription;
  readonly models: readonly ModelSummary[];
  readonly backend: BackendMeasurement;
  readonly settings: Settings;
  /** What is missing or odd, and what to do, as sentences. */
  readonly advice: readonly Said[];
}

export type EstimateResult = NoiseEstimate | ({ readonly file: string } & Failure);

/** What a window, the command line or a test calls. Jobs answer at once and go on in events. */
export interface AppApi {
  planClean(request: { job: CleanJob }): Promise<CleanPlan>;
  startClean(request: { job: CleanJob; resume: boolean }): Promise<{ jobId: string }>;
  /**
   * One at a time, in an engine process of its own. `resume` takes up the last training of the same choices (which may
   * have another length); `pinned` are at most four pictures to look at, `preview` the folder that gets a strip of them,
   * before and after, at each checkpoint.
   */
  startTraining(request: {
    config: TrainingConfig;
    resume?: boolean;
    pinned?: readonly PinnedFile[];
    recipe?: RecipeName | null;
    preview?: string | null;
  }): Promise<{ jobId: string }>;
  /** Goes on with one that was paused, killed or left open, under the same id. */
  continueTraining(request: { jobId: string }): Promise<{ jobId: string }>;
  /** Writes a checkpoint and ends the process; the summary event says `paused`. */
  pauseTraining(request: { jobId: string }): Promise<void>;
  /** Looks at the pictures of a training; writes nothing. */
  surveyTraining(request: SurveyRequest): Promise<TrainingSurvey>;
  /** Stops a job, keeps what is done; the summary event follows. */
  cancelJob(request: { jobId: string }): Promise<void>;
  readReport(request: { file: string }): Promise<CleanReport>;
  estimateNoise(request: { paths: readonly string[] }): Promise<readonly EstimateResult[]>;
  evaluate(request: { source: EvaluationSource; model: string; backend: string; threads: number }): Promise<{
    summary: EvaluationSummary;
    pictures: readonly EvaluatedPicture[];
    unreadable: readonly ({ file: string } & Failure)[];
  }>;
  listModels(request: Record<string, never>): Promise<readonly ModelSummary[]>;
  showModel(request: { model: string }): Promise<ModelSummary>;
  /** As a zip, or as an ONNX file where the file's name ends in `.onnx`. */
  exportModel(request: {
    model: string;
    file: string;
    overwrite: boolean;
  }): Promise<{ file: string; bytes: number }>;
  /** `numbered`: a name that is taken gets a number, for those who cannot give another; else it is refused. */
  importModel(request: { path: string; name: string | null; numbered?: boolean }): Promise<ModelSummary>;
  /** Moves it to the trash folder of the app's own, never deletes. */
  removeModel(request: { model: string }): Promise<{ movedTo: string }>;
  bench(request: {
    model: string;
    backends: readonly string[];
    sizes: readonly { width: number; height: number }[];
    threads: number;
  }): Promise<readonly BenchResult[]>;
  compareImages(request: { file: string; clean: string }): Promise<{ psnr: number; ssim: number }>;
  diagnose(request: Record<string, never>): Promise<Diagnosis>;
  /** The person's choices that stand where nothing else was asked for. */
  readSettings(request: Record<string, never>): Promise<Settings>;
  contactSheet(request: { rows: readonly ContactRow[]; output: string }): Promise<{ output: string }>;
}

/** The same names at run time: a missing or extra one does not compile. */
export const appMethods = Object.keys({
  planClean: true,
  startClean: true,
  startTraining: true,
  continueTraining: true,
  pauseTraining: true,
  surveyTraining: true,
  cancelJob: true,
  readReport: true,
  estimateNoise: true,
  evaluate: true,
  listModels: true,
  showModel: true,
  exportModel: true,
  importModel: true,
  removeModel: true,
  bench: true,
  compareImages: true,
  diagnose: true,
  readSettings: true,
  contactSheet: true,
} satisfies Record<keyof AppApi, true>) as (keyof AppApi)[];

export type AppListener = (event: JobEvent) => void;
