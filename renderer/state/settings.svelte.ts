import type { BatchChoices } from '../../contract/settings.ts';
import type { WindowRequest, WindowSettings } from '../../contract/window-api.ts';
import type { Calls } from './calls.ts';

/** How long the app waits after the last move before choices are kept; the picture follows at once. */
const keepAfter = 250;

/** The person's settings. The choices of the batch change here first, and are sent when the hand rests. */
export class SettingsState {
  #kept = $state.raw<WindowSettings | null>(null);
  #moving = $state.raw<BatchChoices | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** Null until the app has answered for the first time. */
  get kept(): WindowSettings | null {
    return this.#kept;
  }

  get batch(): BatchChoices | null {
    return this.#moving ?? this.#kept?.batch ?? null;
  }

  receive(settings: WindowSettings): void {
    this.#kept = settings;
  }

  changeBatch(changes: { readonly [K in keyof BatchChoices]?: BatchChoices[K] | undefined }): void {
    const now = this.batch;
    if (!now) return;
    const next = { ...now, ...changes } as BatchChoices;
    if (next.colourStrength === undefined) delete next.colourStrength;
    this.#moving = next;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), keepAfter);
  }

  /** Sends what has not been sent yet; before anything that builds on it. Answers whether it is kept. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    const moving = this.#moving;
    if (!moving) return true;
    const { colourStrength = null, ...others } = moving;
    const batch: WindowRequest<'changeSettings'>['batch'] & { out?: unknown } = { ...others, colourStrength };
    delete batch.out;
    const kept = await this.change({ batch });
    if (this.#moving === moving) this.#moving = null;
    return kept;
  }

  async change(changes: WindowRequest<'changeSettings'>): Promise<boolean> {
    const answer = await this.#calls.ask('changeSettings', changes);
    this.#take(answer);
    return answer !== null;
  }

  async savePreset(name: string): Promise<void> {
    if (await this.flush()) this.#take(await this.#calls.ask('savePreset', { name }));
  }

  async applyPreset(name: string): Promise<void> {
    await this.flush();
    this.#take(await this.#calls.ask('applyPreset', { name }));
  }

  async removePreset(name: string): Promise<void> {
    this.#take(await this.#calls.ask('removePreset', { name }));
  }

  #take(answer: WindowSettings | null): void {
    if (answer) this.receive(answer);
  }
}
