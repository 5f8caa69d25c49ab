import type { Details } from './texts/fill-in.ts';
import type { Failure } from './errors.ts';
import type { SourceFormat } from './image.ts';
import type { Notice } from './notice.ts';
import type { PictureChoices } from './settings.ts';

/** The queue and its batches as a window shows them. */

/**
 * `found`: its header has not been read yet · `ready`: can be cleaned · `unreadable`: it can't, see `problem` ·
 * `waiting`, `working`: in the batch · `done` · `unchanged`: already clean, copied as it was · `kept`: an output was
 * there and is kept, or the source is an own output · `failed`: see `problem`.
 */
export const rowStates = [
  'found', 'ready', 'unreadable', 'waiting', 'working', 'done', 'unchanged', 'kept', 'failed',
] as const; // prettier-ignore
export type RowState = (typeof rowStates)[number];

/** One picture of the queue. */
export interface QueueRow {
  readonly id: string;
  /** File name. */
  readonly name: string;
  /** Folder as people know it: relative to what was dropped. Text to read. */
  readonly folder: string;
  /** Sent by a page: a copy that the app keeps, as it keeps its result where no folder was chosen. */
  readonly uploaded?: boolean;
  readonly bytes: number;
  readonly state: RowState;
  /** Known once the header was read. */
  readonly picture: {
    readonly format: SourceFormat;
    readonly width: number;
    readonly height: number;
    readonly pages: number;
    readonly bitDepth: number;
  } | null;
  /** Choices of its own; null: as the batch. */
  readonly choices: Partial<PictureChoices> | null;
  /** Share that is done while `working`. */
  readonly fraction: number;
  readonly problem: Failure | null;
  readonly notices: readonly Notice[];
  /** What the network was told; null until it was cleaned. */
  readonly noiseFactor: number | null;
  /** File name of the finished picture. */
  readonly output: string | null;
  readonly seconds: number | null;
}

export interface BatchState {
  readonly phase: 'idle' | 'preparing' | 'running' | 'paused' | 'stopping' | 'finished';
  /** Id of the batch that runs or has just finished. */
  readonly batch: string | null;
  readonly counts: {
    readonly all: number;
    readonly done: number;
    /** Of those done: were clean already, and copied as they were. */
    readonly unchanged: number;
    readonly failed: number;
    readonly kept: number;
  };
  /** Work in megapixels; sizes not known yet are estimated from the others. */
  readonly megapixels: number;
  readonly megapixelsDone: number;
  readonly secondsSoFar: number;
  /** Null until there is something to tell it from. */
  readonly secondsLeft: number | null;
  /** What ended it early, such as a full disk. */
  readonly endedBy: Failure | null;
  readonly stopped: boolean;
}

/** Before the first batch. */
export const idleBatch: BatchState = {
  phase: 'idle',
  batch: null,
  counts: { all: 0, done: 0, unchanged: 0, failed: 0, kept: 0 },
  megapixels: 0,
  megapixelsDone: 0,
  secondsSoFar: 0,
  secondsLeft: null,
  endedBy: null,
  stopped: false,
};

/** One thing the check before a start found. `stops`: the batch cannot begin before it is put right. */
export interface CheckFinding {
  readonly code:
    | 'disk-space-short'
    | 'folder-not-writable'
    | 'unreadable-pictures'
    | 'name-collisions'
    | 'outputs-exist'
    | 'memory-short'
    | 'own-outputs'
    | 'nothing-to-do';
  readonly stops: boolean;
  readonly details: Details;
}

export interface BatchCheck {
  readonly pictures: number;
  readonly megapixels: number;
  /** What the outputs will take, about, and what their disk has. */
  readonly bytesNeeded: number;
  readonly bytesFree: number;
  /** By the measured speed on this machine. */
  readonly seconds: number;
  /** Peak of the engine's memory, about. */
  readonly memoryBytes: number;
  readonly findings: readonly CheckFinding[];
}

/** A batch whose report is kept. */
export interface FinishedBatch {
  readonly batch: string;
  readonly finished: string;
  readonly counts: BatchState['counts'];
  readonly megapixels: number;
  readonly seconds: number;
  readonly stopped: boolean;
  /** Where the report lies, as text, for `unspeckle run`. */
  readonly report: string;
  /** Where its results were written, as text. */
  readonly folders?: readonly string[];
  readonly undone: boolean;
  /** In the order of folders and names, whenever they were done. */
  readonly rows: readonly FinishedRow[];
}

export interface FinishedRow {
  readonly name: string;
  readonly folder: string;
  readonly state: 'done' | 'unchanged' | 'kept' | 'failed';
  readonly output: string | null;
  /** Id for `revealOutput` and for its download. */
  readonly row: string;
  readonly problem: Failure | null;
  readonly notices: readonly Notice[];
  readonly noiseFactor: number | null;
  readonly seconds: number | null;
}

/** What of a finished batch can be downloaded. */
export interface ResultsFound {
  readonly pictures: number;
  readonly bytes: number;
  /** Results that are not where they were written any more. */
  readonly gone: number;
}

/** A batch that a crash or a stop left open. */
export interface UnfinishedBatch {
  readonly batch: string;
  readonly started: string;
  readonly pictures: number;
  readonly left: number;
}

export interface Undone {
  readonly moved: number;
  /** Outputs that stay: changed since they were written, or gone. */
  readonly kept: readonly { readonly name: string; readonly why: 'changed' | 'gone' | 'failed' }[];
}
