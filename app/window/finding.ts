import { homedir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { realpath } from 'node:fs/promises';
import type { SkippedInput } from '../../contract/clean.ts';
import { AppError, failureOf } from '../../contract/errors.ts';
import { isInside, Walk, type FoundFile } from '../inputs/walk.ts';
import type { Headers } from './headers.ts';
import type { Queue } from './queue.ts';
import type { WindowHub } from './window-hub.ts';

/** Between two words on how far looking has come. */
const tellMs = 200;

interface Search {
  readonly named: ReadonlySet<string>;
  added: number;
  found: number;
  toldAt: number;
}

/** Looks through what a person adds, and puts the pictures into the queue as they are found. */
export class Finding {
  readonly #queue: Queue;
  readonly #headers: Headers;
  readonly #hub: WindowHub;
  readonly #avoid: string;
  /** One after another: the rows of what was added first come first. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #stop = new AbortController();

  constructor(options: { queue: Queue; headers: Headers; hub: WindowHub; home: string }) {
    this.#queue = options.queue;
    this.#headers = options.headers;
    this.#hub = options.hub;
    this.#avoid = options.home;
  }

  /** Answers when everything was looked through; rows come as events meanwhile. */
  add(paths: readonly string[]): Promise<{ added: number }> {
    const search = this.#last.then(() => this.#search(paths));
    this.#last = search.catch(() => {});
    return search;
  }

  close(): void {
    this.#stop.abort();
  }

  async #search(paths: readonly string[]): Promise<{ added: number }> {
    if (paths.length === 0) return { added: 0 };
    const search: Search = { named: new Set(paths), added: 0, found: 0, toldAt: performance.now() };
    const walk = new Walk({
      avoid: [await realpath(this.#avoid).catch(() => this.#avoid)],
      signal: this.#stop.signal,
      onFile: (file) => this.#take(file, search),
      onSkipped: (skipped, folder) => this.#takeSkipped(skipped, folder, search),
    });
    this.#hub.emit({ type: 'looking', found: 0 });
    try {
      for (const path of paths) await walk.add(path);
    } finally {
      this.#hub.emit({ type: 'looking', found: null });
    }
    if (search.found === 0) this.#tellNothing(paths);
    return { added: search.added };
  }

  #take(file: FoundFile, search: Search): void {
    const { source, root, bytes, modifiedMs } = file;
    this.#count(search);
    const row = this.#queue.add(
      { source, root, bytes, modifiedMs, folder: shownFolder(source, root) },
      identityOf(file),
    );
    if (row) {
      search.added++;
      this.#headers.read(row.id);
    } else this.#lookAgain(file);
  }

  /** A file that is added once more and has changed since is read again. */
  #lookAgain({ source, bytes, modifiedMs }: FoundFile): void {
    const row = this.#queue.of(source);
    if (!row || row.state === 'waiting' || row.state === 'working') return;
    if (row.bytes === bytes && row.modifiedMs === modifiedMs && row.state !== 'unreadable') return;
    const unknown = { state: 'found', summary: null, own: false, problem: null, notices: [] } as const;
    this.#queue.change(row.id, { bytes, modifiedMs, ...unknown });
    this.#headers.read(row.id);
  }

  /** What a person takes for a picture and cannot be read is a row; folders that are passed over are not. */
  #takeSkipped({ source, code, details }: SkippedInput, folder: boolean, search: Search): void {
    if (folder && !search.named.has(source)) return;
    if (code === 'output-kept' || code === 'own-output' || code === 'duplicate' || code === 'already-done')
      return;
    this.#count(search);
    const row = this.#queue.add({
      source,
      root: null,
      folder: shownFolder(source, null),
      bytes: 0,
      modifiedMs: 0,
      state: 'unreadable',
      problem: failureOf(new AppError(code, details)),
    });
    if (row) search.added++;
  }

  #count(search: Search): void {
    search.found++;
    if (performance.now() - search.toldAt < tellMs) return;
    search.toldAt = performance.now();
    this.#hub.emit({ type: 'looking', found: search.found });
  }

  #tellNothing(paths: readonly string[]): void {
    const names = paths.map((path) => `“${basename(path) || path}”`).join(', ');
    this.#hub.emit({ type: 'failure', failure: failureOf(new AppError('no-pictures', { paths: names })) });
  }
}

/** The size and time are part of it: a number on disk is given again after a file was removed. */
export function identityOf({ source, device, inode, bytes, modifiedMs }: FoundFile): string | null {
  // Numbers of Windows do not fit; there the path has to do.
  return process.platform === 'win32' ? source : `${device}:${inode}:${bytes}:${modifiedMs}`;
}

/** The folder as people know it: within what they added, or below their home. */
export function shownFolder(source: string, root: string | null): string {
  const folder = dirname(source);
  if (root !== null) return relative(dirname(root), folder).split(sep).join('/');
  const home = homedir();
  return isInside(folder, home) ? join('~', relative(home, folder)) : folder;
}
