import { z } from 'zod';
import type { Phrase } from './texts/fill-in.ts';
import type { BackendMeasurement, BackendState } from './backend.ts';
import type {
  BatchCheck,
  BatchState,
  FinishedBatch,
  QueueRow,
  ResultsFound,
  UnfinishedBatch,
  Undone,
} from './batch.ts';
import type { Failure, Said } from './errors.ts';
import type { NoiseEstimate } from './measure.ts';
import type { ModelSummary } from './model-card.ts';
import { recipeNames } from './recipes.ts';
import { batchChanges, languages, pictureChanges, settings, themes, type Settings } from './settings.ts';
import {
  trainingChoices,
  type FinishedTraining,
  type TrainingCheckpoint,
  type TrainingCurve,
  type TrainingDetails,
  type TrainingOffer,
  type TrainingPlace,
  type TrainingState,
  type UnfinishedTraining,
  type WindowSurvey,
} from './training-view.ts';
import { region, viewChoices, type OpenedView, type ResidualVerdict, type ViewScores } from './view.ts';

/**
 * What a window calls. A window never sends a path and is never trusted with one: it names what the person chose,
 * dropped or browsed to by ids that the app gave out. Paths appear in answers as text for people to read.
 */

const id = z.string().min(1).max(64);
const ids = z.array(id).max(100_000);
/** Folders and pictures of a training. */
const trainingPlaces = z.array(id).min(1).max(1000);
/** The rows of the queue that are meant: named ones, or all. */
const rows = z.union([z.literal('all'), ids]);
const nothing = z.strictObject({});
const page = z.int().min(0);

/** As one file: our own archive, with a TensorFlow.js Layers model in it, or an ONNX graph. */
export const modelForms = ['archive', 'onnx'] as const;
export type ModelForm = (typeof modelForms)[number];

/** What each call takes. Every message from a window is held against it before anything else happens. */
export const windowRequests = {
  hello: nothing,

  // What is in the queue.
  chooseInputs: z.strictObject({ what: z.enum(['files', 'folder']) }),
  browse: z.strictObject({ place: id.nullable(), show: z.enum(['folders', 'pictures', 'models']) }),
  makeFolder: z.strictObject({ place: id, name: z.string().min(1).max(120) }),
  addPlaces: z.strictObject({ places: ids }),
  listRows: nothing,
  removeRows: z.strictObject({ rows }),
  /** `choices` null: as the batch. */
  changeRows: z.strictObject({ rows, choices: pictureChanges.nullable() }),

  // Where results go.
  chooseOutputFolder: nothing,
  /** A place that `browse` gave; null writes beside each source. */
  setOutputFolder: z.strictObject({ place: id.nullable() }),

  // The batch.
  checkBatch: z.strictObject({ rows }),
  startBatch: z.strictObject({ rows }),
  pauseBatch: nothing,
  resumeBatch: nothing,
  stopBatch: nothing,
  listBatches: nothing,
  /** Moves the outputs of a batch to the trash, by its report. What was changed since is kept. */
  undoBatch: z.strictObject({ batch: id }),
  /** What of it the window could fetch as `/results/<batch>/<language>`; a failure when that is nothing. */
  findResults: z.strictObject({ batch: id }),
  listUnfinished: nothing,
  continueBatch: z.strictObject({ batch: id }),
  forgetUnfinished: z.strictObject({ batch: id }),
  /** Shows the finished file in the system's file manager. */
  revealOutput: z.strictObject({ row: id }),
  revealReport: z.strictObject({ batch: id }),

  // Looking.
  /** An earlier opening of the same looker that still goes on is given up: who looks wants to see the latest. */
  openView: z.strictObject({ row: id, looker: id.optional() }),
  closeView: z.strictObject({ view: id }),
  /** The noise of the first page and the flat area it was measured on. Asked apart, so that the picture is seen before. */
  measureView: z.strictObject({ view: id }),
  /** Cleans all of the page in the background, for views below 100 %; told of in `view-progress` events. */
  completeView: z.strictObject({ view: id, page, choices: viewChoices }),
  judgeResidual: z.strictObject({ view: id, page, region, choices: viewChoices }),
  scoreView: z.strictObject({ view: id, page, region, choices: viewChoices }),

  // Models.
  listModels: nothing,
  setDefaultModel: z.strictObject({ model: id.nullable() }),
  renameModel: z.strictObject({ model: id, name: z.string().trim().min(1).max(100) }),
  duplicateModel: z.strictObject({ model: id, name: z.string().trim().min(1).max(100) }),
  removeModel: z.strictObject({ model: id }),
  /** `place`: what `browse` gave or an upload became; null opens the system's picker. */
  importModel: z.strictObject({ place: id.nullable() }),
  /** To a file of the person's choice; where the host has no pickers the window fetches `/model/<id>` instead. */
  exportModel: z.strictObject({ model: id, form: z.enum(modelForms).default('archive') }),
  measureModel: z.strictObject({ model: id }),

  // Training.
  describeTraining: nothing,
  /** The system's picker; where the host has none, a place that `browse` gave is as good. */
  chooseTrainingFolder: nothing,
  /** Looks at the pictures; told of in `training-survey` events. A new one ends the one before. */
  surveyTraining: z.strictObject({
    places: trainingPlaces,
    choices: trainingChoices.pick({
      pictures: true,
      network: true,
      patch: true,
      validationShare: true,
      seed: true,
    }),
  }),
  stopSurvey: nothing,
  /** `pinned`: samples of the last survey; none lets the app choose. `recipe`: where the choices came from. */
  startTraining: z.strictObject({
    places: trainingPlaces,
    recipe: z.enum(recipeNames).nullable(),
    choices: trainingChoices,
    pinned: z.array(id).max(4),
  }),
  pauseTraining: nothing,
  resumeTraining: nothing,
  /** Ends it and keeps what was learnt. */
  stopTraining: nothing,
  /** The training that has ended is no longer shown; it stays in `listTrainings`. */
  dismissTraining: nothing,
  /** Its curve and its checkpoints so far. */
  readTraining: z.strictObject({ training: id }),
  /** This checkpoint is to be the model, now where the training has ended; null: the best again. */
  keepCheckpoint: z.strictObject({ training: id, step: z.int().min(0).nullable() }),
  listTrainings: nothing,
  listUnfinishedTrainings: nothing,
  continueTraining: z.strictObject({ training: id }),
  /** Removes its checkpoints. A model that it has made stays. */
  forgetTraining: z.strictObject({ training: id }),

  // Settings.
  readSettings: nothing,
  changeSettings: z.strictObject({
    theme: z.enum(themes).optional(),
    language: z.enum(languages).optional(),
    notifications: z.boolean().optional(),
    taskbarProgress: z.boolean().optional(),
    backend: settings.shape.backend.unwrap().optional(),
    threads: settings.shape.threads.unwrap().optional(),
    memory: settings.shape.memory.unwrap().optional(),
    /** The output folder has calls of its own. */
    batch: batchChanges.optional(),
  }),
  savePreset: z.strictObject({ name: z.string().trim().min(1).max(60) }),
  applyPreset: z.strictObject({ name: z.string().max(60) }),
  removePreset: z.strictObject({ name: z.string().max(60) }),
  describeMachine: nothing,
} satisfies Record<string, z.ZodObject>;

type Requests = { readonly [M in keyof typeof windowRequests]: z.input<(typeof windowRequests)[M]> };

/** What each call answers. */
interface Answers {
  hello: Hello;

  /** False when the person closed the picker. */
  chooseInputs: { readonly chosen: boolean };
  browse: Listing;
  makeFolder: Place;
  /** Rows arrive as events. */
  addPlaces: { readonly added: number };
  listRows: readonly QueueRow[];
  removeRows: null;
  changeRows: null;

  chooseOutputFolder: { readonly chosen: boolean };
  setOutputFolder: null;

  checkBatch: BatchCheck;
  startBatch: { readonly batch: string };
  pauseBatch: null;
  resumeBatch: null;
  stopBatch: null;
  listBatches: readonly FinishedBatch[];
  undoBatch: Undone;
  findResults: ResultsFound;
  listUnfinished: readonly UnfinishedBatch[];
  continueBatch: { readonly batch: string };
  forgetUnfinished: null;
  revealOutput: null;
  revealReport: null;

  openView: OpenedView;
  closeView: null;
  measureView: NoiseEstimate;
  completeView: null;
  judgeResidual: ResidualVerdict;
  scoreView: ViewScores;

  listModels: readonly WindowModel[];
  setDefaultModel: null;
  renameModel: WindowModel;
  duplicateModel: WindowModel;
  removeModel: null;
  /** Null when the person closed the picker. */
  importModel: WindowModel | null;
  exportModel: { readonly chosen: boolean };
  measureModel: { readonly megapixelsPerSecond: number; readonly backend: string };

  describeTraining: TrainingOffer;
  /** Null when the person closed the picker. */
  chooseTrainingFolder: TrainingPlace | null;
  surveyTraining: WindowSurvey;
  stopSurvey: null;
  startTraining: { readonly training: string };
  pauseTraining: null;
  resumeTraining: null;
  stopTraining: null;
  dismissTraining: null;
  readTraining: TrainingDetails;
  keepCheckpoint: null;
  /** The newest first. */
  listTrainings: readonly FinishedTraining[];
  listUnfinishedTrainings: readonly UnfinishedTraining[];
  continueTraining: { readonly training: string };
  forgetTraining: null;

  readSettings: WindowSettings;
  changeSettings: WindowSettings;
  savePreset: WindowSettings;
  applyPreset: WindowSettings;
  removePreset: WindowSettings;
  describeMachine: MachineDescription;
}

export type WindowApi = {
  readonly [M in keyof typeof windowRequests]: (request: Requests[M]) => Promise<Answers[M]>;
};
export type WindowMethod = keyof WindowApi;
export type WindowRequest<M extends WindowMethod> = Parameters<WindowApi[M]>[0];
export type WindowAnswer<M extends WindowMethod> = Answers[M];

export const windowMethods = Object.keys(windowRequests) as WindowMethod[];

/** What the host of this window can do. A window hides what is not there, or does it another way. */
export interface HostAbilities {
  /** The system's own pickers of files and folders; without them the window browses with `browse`. */
  readonly pickers: boolean;
  /** Showing a file in the system's file manager; without it results are offered as downloads. */
  readonly reveal: boolean;
  readonly notifications: boolean;
  readonly taskbarProgress: boolean;
  readonly trash: boolean;
}

/** The first answer: everything a window needs to draw itself, also after a reload in the middle of work. */
export interface Hello {
  readonly appVersion: string;
  readonly platform: 'win32' | 'darwin' | 'linux';
  readonly abilities: HostAbilities;
  /** Language of the system as a BCP 47 tag. */
  readonly locale: string;
  readonly settings: WindowSettings;
  readonly batch: BatchState;
  readonly unfinished: readonly UnfinishedBatch[];
  readonly training: TrainingState;
  readonly unfinishedTrainings: readonly UnfinishedTraining[];
}

/** Settings as a window sees them: places as text to read, never to send. */
export interface WindowSettings extends Settings {
  /** What fell back to defaults, and why. */
  readonly trouble: Failure | null;
  /** A file name as the template makes it, from the first row of the queue or a made-up one. */
  readonly exampleName: string;
}

/** A model as the window lists it. */
export interface WindowModel extends Omit<ModelSummary, 'folder'> {
  /** Multiply-adds for each pixel, from the network's config. */
  readonly macsPerPixel: number;
  /** Network speed on this machine; null until it was measured. */
  readonly megapixelsPerSecond: number | null;
}

/** A folder or file that can be named by its id. */
export interface Place {
  readonly id: string;
  readonly name: string;
  readonly kind: 'folder' | 'file';
}

export interface Listing {
  /** Path as text, for the heading. */
  readonly label: string;
  readonly here: Place;
  readonly parent: Place | null;
  /** Home, drives, removable disks. */
  readonly roots: readonly Place[];
  readonly places: readonly Place[];
  /** Pictures right in it, also where none are shown. */
  readonly pictures: number;
}

export interface MachineDescription {
  readonly appVersion: string;
  readonly home: string;
  readonly node: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly backends: readonly BackendState[];
  readonly measured: BackendMeasurement;
  readonly advice: readonly Said[];
}

/** What the app tells every window, in order. */
export type WindowEvent =
  /** Rows that are new or have changed, at most 500 at a time. */
  | { readonly type: 'rows'; readonly rows: readonly QueueRow[] }
  | { readonly type: 'rows-removed'; readonly rows: readonly string[] }
  /** While folders are looked through: how many files were found so far; null when that is over. */
  | { readonly type: 'looking'; readonly found: number | null }
  | { readonly type: 'batch'; readonly batch: BatchState }
  | { readonly type: 'unfinished'; readonly unfinished: readonly UnfinishedBatch[] }
  | { readonly type: 'settings'; readonly settings: WindowSettings }
  | { readonly type: 'models'; readonly models: readonly WindowModel[] }
  /** How far a survey is, 0 to 1. */
  | { readonly type: 'training-survey'; readonly fraction: number }
  /** At most twice a second. */
  | { readonly type: 'training'; readonly training: TrainingState }
  /** The points that have come to the curve since it was last told of. */
  | { readonly type: 'training-curve'; readonly training: string; readonly more: TrainingCurve }
  /** All checkpoints that there are now. */
  | {
      readonly type: 'training-checkpoints';
      readonly training: string;
      readonly checkpoints: readonly TrainingCheckpoint[];
    }
  | { readonly type: 'unfinished-trainings'; readonly trainings: readonly UnfinishedTraining[] }
  /** How much of a page `completeView` has cleaned, 0 to 1; pixels asked for anew show it. */
  | {
      readonly type: 'view-progress';
      readonly view: string;
      readonly page: number;
      readonly fraction: number;
    }
  /** The engine was restarted: what a view showed is still right, what it waits for must be asked for again. */
  | { readonly type: 'engine-restarted'; readonly reason: Phrase }
  | { readonly type: 'failure'; readonly failure: Failure };

export type WindowListener = (event: WindowEvent) => void;
