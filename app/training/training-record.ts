import type { TrainingBegun, TrainingProgress } from '../../contract/train.ts';
import { Journal } from '../../storage/journal.ts';
import {
  noHistory,
  readHistory,
  withLine,
  type TrainingHistory,
  type TrainingLine,
} from './training-history.ts';

/** Between two points of the curve that are written down. */
const POINT_MS = 10_000;

/** The history of a training while it runs, in memory and in its journal. */
export class TrainingRecord {
  readonly #journal: Journal;
  #history: TrainingHistory;
  #written = -Infinity;

  private constructor(journal: Journal, history: TrainingHistory) {
    this.#journal = journal;
    this.#history = history;
  }

  /** @throws AppError where nothing can be written there */
  static async open(file: string): Promise<TrainingRecord> {
    const history = await readHistory(file).catch(() => noHistory);
    return new TrainingRecord(await Journal.open(file), history);
  }

  get history(): TrainingHistory {
    return this.#history;
  }

  begun(begun: TrainingBegun): void {
    this.#add({ type: 'begun', begun }, true);
  }

  progress({ resumed, start, validation, checkpoint, snapshot, ...progress }: TrainingProgress): void {
    const { step, steps, loss, verdict, secondsSoFar: seconds } = progress;
    if (resumed) this.#add({ type: 'resumed', step: resumed.step, validations: resumed.validations }, true);
    if (start) this.#add({ type: 'validation', validation: start }, true);
    const due = validation !== null || performance.now() - this.#written > POINT_MS;
    this.#add({ type: 'progress', step, steps, loss, seconds, verdict }, due);
    if (validation) this.#add({ type: 'validation', validation }, true);
    if (snapshot && !snapshot.failure) this.#add({ type: 'shown', step: snapshot.step, seconds }, true);
    const troubles = [checkpoint, snapshot].flatMap((told) => (told ? [told.failure] : []));
    if (troubles.length === 0) return;
    const failure = troubles.find((one) => one !== null) ?? null;
    if (failure?.code !== this.#history.trouble?.code) this.#add({ type: 'trouble', failure }, true);
  }

  /** Waits for what is being written. */
  close(): Promise<void> {
    return this.#journal.close();
  }

  /** A disk that is full costs points of the curve, not the training. */
  #add(line: TrainingLine, write: boolean): void {
    this.#history = withLine(this.#history, line);
    if (!write) return;
    if (line.type === 'progress') this.#written = performance.now();
    this.#journal.append(line).catch(() => {});
  }
}
