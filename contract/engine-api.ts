import type { BackendChoice, BackendMeasurement, BackendName, BackendState } from './backend.ts';
import type { CleanedPicture, CleanSettings } from './clean.ts';
import type { ImageFormat, ImageSummary } from './image.ts';
import type {
  BenchResult,
  EvaluatedPicture,
  EvaluationSource,
  EvaluationSummary,
  NoiseEstimate,
} from './measure.ts';
import type { ModelCard, ModelSummary } from './model-card.ts';
import type { NetworkConfig } from './network.ts';
import type {
  TrainingBegun,
  TrainingConfig,
  TrainingOutcome,
  TrainingProgress,
  TrainingSurvey,
} from './train.ts';
import type { Failure, Reply } from './errors.ts';
import type {
  OpenedView,
  Region,
  ResidualVerdict,
  ViewChoices,
  ViewPixels,
  ViewScores,
  ViewTile,
} from './view.ts';

/** A model as the engine needs it. */
export interface ModelLocation {
  readonly id: string;
  /** Folder with model.json, weights.bin, card.json. */
  readonly folder: string;
  /** SHA-256 of its weights as it was chosen: another model may have come under the same id since. */
  readonly weights?: string;
}

/** A model as the engine is told of it. */
export const locationOf = ({
  id,
  folder,
  card,
}: Pick<ModelSummary, 'id' | 'folder' | 'card'>): ModelLocation => ({
  id,
  folder,
  weights: card.weightsSha256,
});

/** A backend that is already decided on. */
export interface Runtime {
  readonly backend: BackendName;
  /** 0 means all cores. */
  readonly threads: number;
}

/** One picture from file to finished file. */
export interface CleanRequest {
  readonly source: string;
  /** Size and time when it was planned: a file that differs has changed since. */
  readonly expected: { readonly bytes: number; readonly modifiedMs: number };
  readonly outputFolder: string;
  /** Name without extension; the engine adds the extension of the format that is written. */
  readonly stem: string;
  /** Names the temporary file, so that leftovers can be told from others'. */
  readonly jobId: string;
  /** Journal of `storage/intents.ts` that tells after a crash which finished files came of this job. */
  readonly intents?: string;
  readonly settings: CleanSettings;
  readonly model: ModelLocation;
  readonly runtime: Runtime;
  /** Size limit of the engine's memory in bytes; 0: by what is free. */
  readonly memory: number;
  /** Largest tile side; the supervisor halves it after the engine ran out of memory. */
  readonly tileLimit: number | null;
}

/** The answer when the finished name exists and the rule is to keep it. */
export interface KeptOutput {
  readonly source: string;
  readonly kept: string;
}

/** Events the engine sends while it works on one request. */
export type EngineEvent =
  | { readonly type: 'opened'; readonly summary: ImageSummary }
  | { readonly type: 'progress'; readonly fraction: number }
  | { readonly type: 'training-begun'; readonly begun: TrainingBegun }
  | { readonly type: 'training'; readonly progress: TrainingProgress }
  | { readonly type: 'survey'; readonly fraction: number }
  | { readonly type: 'evaluated'; readonly picture: EvaluatedPicture }
  | { readonly type: 'unreadable'; readonly file: string; readonly failure: Failure }
  | { readonly type: 'bench'; readonly result: BenchResult }
  | { readonly type: 'view-progress'; readonly fraction: number };

export interface EngineDescription {
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly backends: readonly BackendState[];
  /** Versions of the libraries that decode and encode pictures. */
  readonly images: Readonly<Record<string, string>>;
}

/** A page of a picture file; of other files the page is 0. */
export interface PinnedFile {
  readonly file: string;
  readonly page: number;
}

/** What of a training's choices its pictures are looked at for. */
export type SurveyRequest = Pick<
  TrainingConfig,
  'folders' | 'pictures' | 'network' | 'patch' | 'validationShare' | 'seed'
>;

/** What a training writes to: a fresh folder of its own, in the form of models on disk. */
export interface TrainRequest {
  readonly config: TrainingConfig;
  /** Id and folder of the model to be; the folder is complete or absent at any time. */
  readonly target: ModelLocation;
  readonly from: ModelLocation | null;
  readonly appVersion: string;
  /** Pictures that are shown before and after at each checkpoint, at most four; none: some of the validation's. */
  readonly pinned?: readonly PinnedFile[];
  /** Folder for those pictures and the checkpoints' models, see `snapshots.ts`; none are kept where it is not given. */
  readonly snapshots?: string;
  /** Folder for checkpoints, from which a training can be taken up again; none are written where it is not given. */
  readonly checkpoints?: string;
  /** Goes on from the last whole checkpoint in that folder, as if never stopped; begins where there is none yet. */
  readonly resume?: boolean;
}

/** What the network of a view's pixels runs on; the model is the one its choices name. */
export interface ViewRuntime {
  readonly model: ModelLocation;
  readonly runtime: Runtime;
  /** Bound for the engine's memory in bytes; 0: by what is free. */
  readonly memory: number;
}

/** A rectangle of one page of a view. */
export interface ViewPart extends ViewRuntime {
  readonly view: string;
  readonly page: number;
  readonly region: Region;
  readonly choices: ViewChoices;
}

/** What `app/` asks of an engine process. Every call may be stopped; every answer is plain data. */
export interface EngineApi {
  describe(request: Record<string, never>): Promise<EngineDescription>;
  /** Measures the backends that agree and chooses the fastest. */
  chooseBackend(request: {
    model: ModelLocation;
    choice: BackendChoice;
    threads: number;
  }): Promise<BackendMeasurement>;
  inspectImage(request: { file: string }): Promise<ImageSummary>;
  cleanImage(request: CleanRequest): Promise<CleanedPicture | KeptOutput>;
  estimateNoise(request: { file: string }): Promise<NoiseEstimate>;
  evaluate(request: {
    source: EvaluationSource;
    model: ModelLocation;
    runtime: Runtime;
  }): Promise<EvaluationSummary>;
  train(request: TrainRequest): Promise<TrainingOutcome>;
  /** Looks at the pictures of a training; sends `survey` events. */
  surveyTraining(request: SurveyRequest): Promise<TrainingSurvey>;
  /** A page of a picture, scaled down to fit a square; 8 bit, PNG. */
  thumbnail(request: PinnedFile & { side: number }): Promise<{ png: Uint8Array }>;
  /**
   * Checks a stranger's model folder without trusting it, then runs it on a small picture. `network` is what was
   * recognised, also where there is no card.
   */
  checkModel(request: { folder: string }): Promise<{
    card: ModelCard | null;
    network: NetworkConfig;
    parameters: number;
    reducesNoise: boolean;
  }>;
  /** The network of a model as an ONNX file (see `engine/models/onnx-file.ts`). @throws AppError `model-invalid` */
  onnxFile(request: { model: ModelLocation }): Promise<{ readonly bytes: Uint8Array }>;
  bench(request: {
    model: ModelLocation;
    backends: readonly BackendName[];
    sizes: readonly { width: number; height: number }[];
    threads: number;
  }): Promise<readonly BenchResult[]>;
  /** PSNR in dB (8-bit scale) and SSIM of one file against another of the same size. */
  compareImages(request: { file: string; clean: string }): Promise<{ psnr: number; ssim: number }>;
  /** A contact sheet of before/after pairs as one picture file. */
  /** Reads a picture for looking; it stays decoded, within a bound for all views, until it is closed. */
  openView(request: { file: string; memory: number }): Promise<OpenedView>;
  closeView(request: { view: string }): Promise<void>;
  /** The noise of the first page, measured once; what shows the picture as it is goes first. */
  measureView(request: { view: string }): Promise<NoiseEstimate>;
  /** @throws AppError `view-not-found` when it was closed, or the engine was restarted: open it again */
  viewPixels(request: ViewRuntime & { tile: ViewTile }): Promise<ViewPixels>;
  completeView(request: Omit<ViewPart, 'region'>): Promise<void>;
  judgeResidual(request: ViewPart): Promise<ResidualVerdict>;
  scoreView(request: ViewPart): Promise<ViewScores>;
  contactSheet(request: {
    rows: readonly ContactRow[];
    output: string;
    format: ImageFormat;
  }): Promise<{ output: string }>;
}

export interface ContactRow {
  readonly title: string;
  readonly noisy: string;
  readonly denoised: string;
  readonly clean: string | null;
}

/** The same names at run time: a missing or extra one does not compile. */
export const engineMethods = Object.keys({
  describe: true,
  chooseBackend: true,
  inspectImage: true,
  cleanImage: true,
  estimateNoise: true,
  evaluate: true,
  train: true,
  surveyTraining: true,
  thumbnail: true,
  checkModel: true,
  onnxFile: true,
  bench: true,
  compareImages: true,
  contactSheet: true,
  openView: true,
  closeView: true,
  measureView: true,
  viewPixels: true,
  completeView: true,
  judgeResidual: true,
  scoreView: true,
} satisfies Record<keyof EngineApi, true>) as (keyof EngineApi)[];

/** What goes down the channel to an engine process. */
export type ToEngine =
  | {
      readonly type: 'request';
      readonly id: number;
      readonly method: keyof EngineApi;
      readonly request: unknown;
    }
  | { readonly type: 'cancel'; readonly id: number };

/**
 * What comes back. `beat` tells the watchdog that the event loop turns, and how many bytes the process holds, without
 * those that it keeps on purpose for pictures that are looked at.
 */
export type FromEngine =
  | { readonly type: 'ready'; readonly pid: number }
  | { readonly type: 'beat'; readonly memoryBytes: number }
  | { readonly type: 'event'; readonly id: number; readonly event: EngineEvent }
  | { readonly type: 'reply'; readonly id: number; readonly reply: Reply<unknown> };
