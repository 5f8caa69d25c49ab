import { rm } from 'node:fs/promises';
import type { App } from '../../../app/app.ts';
import type { HostServices, WindowApp } from '../../../app/window/window-app.ts';
import type { BatchState, QueueRow } from '../../../contract/batch.ts';
import { unwrap, type Reply } from '../../../contract/errors.ts';
import type {
  HostAbilities,
  WindowAnswer,
  WindowEvent,
  WindowMethod,
  WindowRequest,
} from '../../../contract/window-api.ts';
import { eventually } from '../workshop.ts';

/** A host that notes what it is asked to do, and picks what a test says. */
export class FakeHost implements HostServices {
  readonly abilities: HostAbilities;
  readonly locale = 'en-GB';
  readonly done: string[] = [];
  readonly progress: (number | null)[] = [];
  readonly notes: { title: string; body: string }[] = [];
  awake = false;
  trashed: string[] = [];
  trashIsFull = false;

  constructor(pickers = true) {
    this.abilities = { pickers, reveal: true, notifications: true, taskbarProgress: true, trash: true };
  }

  picks: { inputs?: readonly string[]; folder?: string; model?: string; save?: string } = {};
  /** Stands for the system's trash. */
  trash = async (path: string): Promise<void> => {
    if (this.trashIsFull) throw new Error('the trash takes no more');
    this.trashed.push(path);
    await rm(path, { recursive: true });
  };
  chooseInputs = () => Promise.resolve(this.picks.inputs ?? null);
  chooseFolder = () => Promise.resolve(this.picks.folder ?? null);
  chooseModel = () => Promise.resolve(this.picks.model ?? null);
  chooseSaveAs = (name: string) => {
    this.done.push(`save ${name}`);
    return Promise.resolve(this.picks.save ?? null);
  };
  reveal = (path: string) => {
    this.done.push(`reveal ${path}`);
    return Promise.resolve();
  };
  notify = (text: { title: string; body: string }) => void this.notes.push(text);
  showProgress = (fraction: number | null) => void this.progress.push(fraction);
  keepAwake = (on: boolean) => {
    this.awake = on;
    this.done.push(`awake ${on}`);
  };
}

/** A window as its page sees it: calls, and rows and states as the events left them. */
export class TestWindow {
  readonly app: WindowApp;
  readonly host: FakeHost;
  readonly events: WindowEvent[] = [];
  readonly rows = new Map<string, QueueRow>();
  readonly states: BatchState[] = [];

  constructor(app: App, host = new FakeHost()) {
    this.host = host;
    this.app = app.openWindow(this.host);
    this.app.listen((event) => this.#take(event));
  }

  call<M extends WindowMethod>(method: M, request: WindowRequest<M>): Promise<WindowAnswer<M>> {
    return this.try(method, request).then(unwrap);
  }

  try<M extends WindowMethod>(method: M, request: WindowRequest<M>): Promise<Reply<WindowAnswer<M>>> {
    return this.app.invoke(method, request) as Promise<Reply<WindowAnswer<M>>>;
  }

  /** Adds paths and waits until all headers were read. */
  async add(...paths: string[]): Promise<void> {
    await this.app.addPaths(paths);
    await this.call('listRows', {}).then((rows) => rows.forEach((row) => this.rows.set(row.id, row)));
    await eventually(() => this.all.every(({ state }) => state !== 'found'), 'the headers');
  }

  get all(): QueueRow[] {
    return [...this.rows.values()];
  }

  row(name: string): QueueRow {
    const found = this.all.find((row) => row.name === name);
    if (!found)
      throw new Error(`there is no row ${name} among ${this.all.map((row) => row.name).join(', ')}`);
    return found;
  }

  statesOf(): Record<string, string> {
    return Object.fromEntries(this.all.map(({ name, state }) => [name, state]));
  }

  get batch(): BatchState {
    const last = this.states.at(-1);
    if (!last) throw new Error('no batch was told of');
    return last;
  }

  /** Waits until the batch that was begun is over and everything was told. */
  async finished(): Promise<BatchState> {
    await eventually(() => this.states.at(-1)?.phase === 'finished', 'the end of the batch');
    await eventually(() => this.eventsOf('unfinished').length > 0, 'what is left');
    return this.batch;
  }

  async clean(rows: 'all' | string[] = 'all'): Promise<BatchState> {
    await this.call('startBatch', { rows });
    return this.finished();
  }

  eventsOf<T extends WindowEvent['type']>(type: T): Extract<WindowEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<WindowEvent, { type: T }> => event.type === type);
  }

  #take(event: WindowEvent): void {
    this.events.push(event);
    if (event.type === 'rows') for (const row of event.rows) this.rows.set(row.id, row);
    if (event.type === 'rows-removed') for (const id of event.rows) this.rows.delete(id);
    if (event.type === 'batch') this.states.push(event.batch);
  }
}
