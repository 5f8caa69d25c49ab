import type { Reply } from './errors.ts';
import type { NoteLanguage } from './texts/left-out.ts';
import type { ViewTile } from './view.ts';
import type { TrainingPlace } from './training-view.ts';
import type { ModelForm, WindowAnswer, WindowListener, WindowMethod, WindowRequest } from './window-api.ts';

/**
 * How a window reaches the app. Electron's preload puts it at `window.host`; in a browser the window makes one that
 * speaks HTTP. Plain data only: an error is a value, because processes keep nothing else of it.
 */
export interface WindowHost {
  invoke<M extends WindowMethod>(method: M, request: WindowRequest<M>): Promise<Reply<WindowAnswer<M>>>;
  /** Listens until the answer is called. */
  listen(listener: WindowListener): () => void;
  /** The pixels of a tile as a PNG file, and whether all of it has been cleaned. Rejects when the signal is aborted. */
  pixels(
    tile: ViewTile,
    signal: AbortSignal,
  ): Promise<Reply<{ readonly png: Blob; readonly complete: boolean }>>;
  /** What the person reads, as BCP 47, where the page knows better than the app what the system speaks. */
  readonly readerLanguage?: string;
  /** Whether `addFiles` takes a dropped folder as one file, without its files being listed by the page. */
  readonly takesFolders: boolean;
  /**
   * Gives the app files and folders that were dropped, pasted or picked in the page; rows arrive as events. `models`:
   * places of model archives among them, for `importModel`.
   */
  addFiles(
    files: readonly DroppedFile[],
  ): Promise<Reply<{ readonly added: number; readonly models?: readonly string[] }>>;
  /** The same for pictures to train on, which come into no queue: each folder or picture becomes a place. */
  addTrainingFiles(files: readonly DroppedFile[]): Promise<Reply<readonly TrainingPlace[]>>;
  /** Address from which a finished picture can be downloaded; null where it can be revealed instead. */
  downloadAddress(row: string): string | null;
  /** The same for all results of a finished batch, as one zip; what is missing is told in it in that language. */
  resultsAddress(batch: string, language: NoteLanguage): string | null;
  modelAddress(model: string, form: ModelForm): string | null;
  /** Address of a picture of a training, by `trainingImagePath`. */
  imageAddress(path: string): string;
}

/** A file of the page, and where it lay in a dropped folder (forward slashes, no leading one; its name alone if not in one). */
export interface DroppedFile {
  readonly file: File;
  readonly path: string;
}
