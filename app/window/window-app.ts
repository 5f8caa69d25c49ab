import type { Reply } from '../../contract/errors.ts';
import type { TrainingPlace } from '../../contract/training-view.ts';
import type { HostAbilities, WindowListener } from '../../contract/window-api.ts';

/** What the app asks of the program that shows its window. Paths are the system's own, absolute. */
export interface HostServices {
  readonly abilities: HostAbilities;
  /** Language of the system as a BCP 47 tag. */
  readonly locale: string;
  /** Null when the person closed the picker. Only called where there are pickers. */
  chooseInputs(what: 'files' | 'folder'): Promise<readonly string[] | null>;
  chooseFolder(): Promise<string | null>;
  chooseModel(): Promise<string | null>;
  /** Where to write a file; the picker has asked about replacing one that is there. */
  chooseSaveAs(suggestedName: string): Promise<string | null>;
  /** Shows a file in the system's file manager. */
  reveal(path: string): Promise<void>;
  /** Moves a file or a folder to the system's trash. */
  trash(path: string): Promise<void>;
  notify(text: { readonly title: string; readonly body: string }): void;
  /** Progress on the dock or taskbar icon, 0 to 1; null takes it away. */
  showProgress(fraction: number | null): void;
  keepAwake(on: boolean): void;
}

/** The app as the host of a window uses it. Made by `App.openWindow`. */
export interface WindowApp {
  /**
   * Answers a call of the window. Whatever comes in is held against the contract first: unknown methods and wrong
   * requests get a failure and do nothing. Never rejects.
   */
  invoke(method: unknown, request: unknown): Promise<Reply<unknown>>;
  /** Tells of everything that happens until the answer is called. */
  listen(listener: WindowListener): () => void;
  /**
   * Pixels and files: `POST /pixels` (a ViewTile as JSON; answers PNG with the header `x-complete: true|false`),
   * `GET /output/<row>`, `GET /results/<batch>/<language>` (a zip), `GET /model/<id>` and `GET /onnx/<id>` (downloads), and the pictures of a training by
   * `trainingImagePath` (PNG). A failure is JSON with a status of 400 or above. Only the
   * path of the address counts.
   */
  fetch(request: Request): Promise<Response>;
  /** Adds what the person dropped, picked, pasted, opened with the app or named as an argument. */
  addPaths(paths: readonly string[]): Promise<{ readonly added: number }>;
  /**
   * Keeps a file that a page sends, in a folder of the app's own, and adds it to the queue; a model archive becomes
   * a place for `importModel` instead.
   * @param path where it lay in what was dropped, forward slashes; made safe here
   * @param modifiedMs when it was changed last, milliseconds since 1970: its result gets that time too
   */
  addUpload(
    path: string,
    bytes: ReadableStream<Uint8Array>,
    modifiedMs?: number,
  ): Promise<Reply<{ readonly added: number; readonly place: string | null }>>;
  /** Pictures to train on, which come into no queue: each folder or picture becomes a place. */
  addTrainingPaths(paths: readonly string[]): Promise<Reply<readonly TrainingPlace[]>>;
  /** The same for a file that a page sends; the files of one dropped folder are one place. */
  addTrainingUpload(path: string, bytes: ReadableStream<Uint8Array>): Promise<Reply<TrainingPlace>>;
  /** Stops listening; jobs go on. */
  close(): void;
}
