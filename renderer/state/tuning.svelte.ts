import type { PictureChoices } from '../../contract/settings.ts';
import type { Calls } from './calls.ts';
import { changesToSend, following, type TuningChanges, withChanges } from './own-choices.ts';
import type { Queue } from './queue.svelte.ts';
import type { SettingsState } from './settings.svelte.ts';

const keepAfter = 250;

/** Choices of rows, and which of them were made now. */
interface Moving {
  readonly rows: ReadonlySet<string>;
  readonly choices: PictureChoices;
  readonly changed: ReadonlySet<keyof PictureChoices>;
}

/** How pictures are cleaned: for all of the batch, or for the chosen ones alone. */
export class Tuning {
  /** Choices that have been made for rows and are not in the queue yet. */
  #moving = $state.raw<Moving | null>(null);
  #forChosen = $state(false);
  /** The person has said outright that changes are for all pictures. */
  #forAll = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #calls: Calls;
  readonly #queue: Queue;
  readonly #settings: SettingsState;

  /** Whether changes go to the chosen pictures alone: by the person's wish, or because this one has its own. */
  readonly forChosen = $derived.by(() => this.#forChosen || (this.#queue.current?.choices ?? null) !== null);

  /** What holds for the picture that is looked at. */
  readonly choices: PictureChoices | null = $derived.by(() => {
    const batch = this.#settings.batch;
    if (!batch) return null;
    const { model, noiseFactor, strength, colourStrength } = batch;
    const shared = { model, noiseFactor, strength, ...(colourStrength !== undefined && { colourStrength }) };
    const current = this.#queue.current;
    if (current && this.#moving?.rows.has(current.id)) return this.#moving.choices;
    return current?.choices ? following({ ...shared, ...current.choices }) : shared;
  });

  constructor(calls: Calls, queue: Queue, settings: SettingsState) {
    this.#calls = calls;
    this.#queue = queue;
    this.#settings = settings;
  }

  change(changes: TuningChanges): void {
    if (!this.choices) return;
    const next = withChanges(this.choices, changes);
    if (this.#isForOneAlone(changes)) this.#forChosen = true;
    if (!this.forChosen) {
      const colour = 'colourStrength' in changes && { colourStrength: next.colourStrength };
      return this.#settings.changeBatch({ ...changes, ...colour });
    }
    clearTimeout(this.#timer);
    const changed = new Set([...(this.#moving?.changed ?? []), ...(Object.keys(changes) as never[])]);
    this.#moving = { rows: this.#rows(), choices: next, changed };
    this.#timer = setTimeout(() => void this.flush(), keepAfter);
  }

  /** Sends what has not been sent yet. Answers whether it is kept. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    const moving = this.#moving;
    if (!moving) return true;
    const choices = changesToSend(moving.choices, moving.changed);
    const kept = await this.#calls.tell('changeRows', { rows: [...moving.rows], choices });
    // The changed rows come as an event of their own; until then what was chosen is shown.
    setTimeout(() => {
      if (this.#moving === moving) this.#moving = null;
    }, 100);
    return kept;
  }

  /** From now on for the chosen pictures; their choices begin as those of all. */
  forThese(): void {
    this.#forAll = false;
    this.#forChosen = true;
  }

  /** The chosen pictures go with all others again. */
  async asAll(): Promise<void> {
    this.#forAll = true;
    this.#forChosen = false;
    clearTimeout(this.#timer);
    this.#moving = null;
    const own = this.#queue.rows.filter((row) => this.#rows().has(row.id) && row.choices !== null);
    if (own.length > 0) {
      await this.#calls.tell('changeRows', { rows: own.map((row) => row.id), choices: null });
    }
  }

  /** Another picture is looked at: what was for the earlier ones is sent, and the wish ends. */
  onCurrent(): void {
    void this.flush();
    this.#forChosen = false;
  }

  /** The noise of one picture is not that of another: a factor by hand is for all of them by wish alone. */
  #isForOneAlone({ noiseFactor }: TuningChanges): boolean {
    return typeof noiseFactor === 'number' && !this.#forAll && this.#queue.rows.length > 1;
  }

  #rows(): ReadonlySet<string> {
    const { chosen, current } = this.#queue.selection;
    return current === null ? chosen : new Set([...chosen, current]);
  }
}
