import { createContext } from 'svelte';
import type { Hello, WindowEvent } from '../../contract/window-api.ts';
import type { WindowHost } from '../../contract/window-host.ts';
import type { LinkListener } from '../host/browser-host.ts';
import { Batch } from './batch.svelte.ts';
import { Calls } from './calls.ts';
import { Messages } from './messages.svelte.ts';
import { Models } from './models.svelte.ts';
import { Queue } from './queue.svelte.ts';
import { SettingsState } from './settings.svelte.ts';
import { Tuning } from './tuning.svelte.ts';
import { TrainingDraft } from './training-draft.svelte.ts';
import { Training } from './training.svelte.ts';
import { View } from './view.svelte.ts';
import { Words } from './words.svelte.ts';

export const screens = ['clean', 'train', 'models', 'settings'] as const;
export type Screen = (typeof screens)[number];

/** Which dialog asks for a place of this machine, where the host has no pickers of its own. */
export type Browsing = 'files' | 'folder' | 'output' | 'model' | 'training';

/** Everything the window knows, and how it hears of changes. */
export class AppState {
  readonly words = new Words();
  readonly messages = new Messages();
  readonly calls: Calls;
  readonly queue: Queue;
  readonly settings: SettingsState;
  readonly tuning: Tuning;
  readonly batch: Batch;
  readonly models: Models;
  readonly view: View;
  readonly training: Training;
  readonly draft: TrainingDraft;
  #hello = $state.raw<Hello | null>(null);
  /** What was told of since the app was greeted: it is newer than the answer. */
  #heard = new Set<WindowEvent['type']>();
  #lost = $state(false);
  #importing = $state(false);
  screen = $state<Screen>('clean');
  browsing = $state<Browsing | null>(null);
  reportShown = $state(false);
  /** Where results go, and as what, stays open while other screens are looked at. */
  outputShown = $state(false);

  constructor(host: WindowHost, onLink: (listener: LinkListener) => void) {
    this.calls = new Calls(host, this.messages);
    this.queue = new Queue(this.calls);
    this.settings = new SettingsState(this.calls);
    this.tuning = new Tuning(this.calls, this.queue, this.settings);
    this.batch = new Batch(this.calls, async () => {
      const kept = await Promise.all([this.settings.flush(), this.tuning.flush()]);
      return !kept.includes(false);
    });
    this.models = new Models(this.calls);
    this.view = new View(this.calls);
    this.training = new Training(this.calls);
    this.draft = new TrainingDraft(this.calls, this.models, this.training);
    onLink((link) => void this.#onLink(link));
  }

  /** Null until the app has answered for the first time. */
  get hello(): Hello | null {
    return this.#hello;
  }

  /** The app can't be heard at the moment. */
  get lost(): boolean {
    return this.#lost;
  }

  get host(): WindowHost {
    return this.calls.host;
  }

  /** Checks a stranger's model and adds it; `place` null opens the system's picker. */
  async importModel(place: string | null): Promise<void> {
    this.#importing = true;
    const model = await this.calls.ask('importModel', { place });
    this.#importing = false;
    if (!model) return;
    this.screen = 'models';
    const { words } = this;
    this.messages.note(
      words.say(model.reducesNoise === false ? 'model-no-better' : 'model-imported', { name: model.name }),
    );
    await this.models.read();
  }

  get #locale(): string {
    return this.host.readerLanguage ?? this.#hello?.locale ?? navigator.language;
  }

  get importing(): boolean {
    return this.#importing;
  }

  /** Listens, then asks how things stand. Answers what ends the listening. */
  start(): () => void {
    this.queue.expectList();
    const stop = this.host.listen((event) => this.#on(event));
    void this.#greet();
    return stop;
  }

  async #greet(): Promise<void> {
    const heard = (this.#heard = new Set());
    const hello = await this.calls.ask('hello', {});
    if (!hello) return;
    this.#hello = hello;
    const settings = heard.has('settings') ? (this.settings.kept ?? hello.settings) : hello.settings;
    this.#on({ type: 'settings', settings });
    if (!heard.has('batch')) this.batch.receive(hello.batch);
    if (!heard.has('unfinished')) this.batch.receiveUnfinished(hello.unfinished);
    if (!heard.has('training')) this.training.receive(hello.training);
    if (!heard.has('unfinished-trainings')) this.training.receiveUnfinished(hello.unfinishedTrainings);
    if (hello.settings.trouble) this.messages.fail(hello.settings.trouble);
    await this.queue.read();
    await this.models.read();
  }

  async #onLink(link: 'found' | 'lost'): Promise<void> {
    if (link === 'lost') {
      if (!this.#lost) this.messages.speak(this.words.say('link-lost'));
      this.#lost = true;
    } else if (this.#lost) {
      this.#lost = false;
      await this.#greet();
      await Promise.all([this.view.reopen(), this.training.readAgain()]);
    }
  }

  #on(event: WindowEvent): void {
    this.#heard.add(event.type);
    switch (event.type) {
      case 'rows':
        return this.queue.merge(event.rows);
      case 'rows-removed':
        return this.queue.drop(event.rows);
      case 'looking':
        this.queue.looking = event.found;
        return;
      case 'batch':
        return this.batch.receive(event.batch);
      case 'unfinished':
        return this.batch.receiveUnfinished(event.unfinished);
      case 'settings':
        this.settings.receive(event.settings);
        return this.words.choose(event.settings.language, this.#locale);
      case 'models':
        return this.models.receive(event.models);
      case 'training':
        return this.training.receive(event.training);
      case 'training-curve':
        return this.training.receiveCurve(event.training, event.more);
      case 'training-checkpoints':
        return this.training.receiveCheckpoints(event.training, event.checkpoints);
      case 'training-survey':
        return this.draft.onSurvey(event.fraction);
      case 'unfinished-trainings':
        return this.training.receiveUnfinished(event.trainings);
      case 'view-progress':
        return this.view.onProgress(event.view, event.page, event.fraction);
      case 'engine-restarted':
        this.messages.note(this.words.say('engine-restarted'));
        return void this.view.reopen();
      case 'failure':
        return this.messages.fail(event.failure);
    }
  }
}

/** The state, for every component below the root. */
export const [getApp, setApp] = createContext<AppState>();
