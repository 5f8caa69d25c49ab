import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * What a disk may have forgotten after a power cut, by the calls a program made: bytes that were written and not
 * flushed, and names whose folder was not flushed since they were given (POSIX promises neither; see fsync(2)).
 */
export class Disk {
  readonly #folder: string;
  readonly #known: Set<string>;
  /** Files with bytes that were not flushed. */
  readonly #unflushed = new Set<string>();
  /** Names that their folder may not hold yet. */
  readonly #unnamed = new Set<string>();
  readonly lost: string[] = [];

  private constructor(folder: string, known: Set<string>) {
    this.#folder = folder;
    this.#known = known;
  }

  /** A disk on which all that lies in a folder is certain. */
  static async of(folder: string): Promise<Disk> {
    const names = await readdir(folder, { recursive: true });
    return new Disk(folder, new Set([folder, ...names.map((name) => join(folder, name))]));
  }

  /** Goes through a log of strace with the paths of descriptors in it (`-y`). */
  follow(log: string): void {
    const begun = new Map<string, string>();
    for (const line of log.split('\n')) {
      const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
      if (rest.endsWith('<unfinished ...>')) begun.set(thread, rest.slice(0, -'<unfinished ...>'.length));
      else this.#take(rest.replace(/^<\.\.\. \w+ resumed>/, () => begun.get(thread) ?? ''));
    }
  }

  /** What would be missing or torn if the power failed now. */
  get uncertain(): string[] {
    return [
      ...[...this.#unflushed].map((path) => `${this.#shown(path)}: bytes`),
      ...[...this.#unnamed].map((path) => `${this.#shown(path)}: name`),
    ].sort();
  }

  #take(call: string): void {
    const [, name = '', given = '', came = ''] = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(call) ?? [];
    if (name === '' || came.startsWith('-')) return;
    const paths = [...given.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path = '']) => path);
    const [first = '', second = ''] = paths;
    const open = /^\d+<([^>]*)>/.exec(given)?.[1] ?? '';
    if (/^(?:write|writev|pwrite64|pwritev|ftruncate)$/.test(name)) this.#write(open);
    else if (name === 'sendfile') this.#write(open);
    else if (name === 'copy_file_range') this.#write(/<[^>]*>.*?<([^>]*)>/.exec(given)?.[1] ?? '');
    else if (/^f(?:data)?sync$/.test(name)) this.#flush(open);
    else if (/^(?:open|openat|creat)$/.test(name) && given.includes('O_CREAT')) this.#name(first);
    else if (/^mkdir(?:at)?$/.test(name)) this.#name(first);
    else if (/^link(?:at)?$/.test(name)) this.#give(first, second);
    else if (/^rename(?:at|at2)?$/.test(name)) this.#move(first, second);
    else if (/^(?:unlink|unlinkat|rmdir)$/.test(name)) this.#remove(first);
  }

  #write(path: string): void {
    if (path.startsWith(this.#folder)) this.#unflushed.add(path);
  }

  #flush(path: string): void {
    this.#unflushed.delete(path);
    for (const one of this.#unnamed) if (dirname(one) === path) this.#unnamed.delete(one);
  }

  #name(path: string): void {
    if (!path.startsWith(this.#folder) || this.#known.has(path)) return;
    this.#known.add(path);
    this.#unnamed.add(path);
  }

  /** A name that others rely on must not be given to what is not certain. */
  #give(from: string, to: string): void {
    const below = (path: string) => path === from || path.startsWith(`${from}/`);
    for (const path of this.#unflushed) {
      if (below(path)) this.lost.push(`${this.#shown(path)} became ${this.#shown(to)} before it was flushed`);
    }
    for (const path of this.#unnamed) {
      if (path !== from && below(path))
        this.lost.push(
          `${this.#shown(from)} became ${this.#shown(to)} before ${this.#shown(path)} was certain`,
        );
    }
    this.#known.add(to);
    this.#unnamed.add(to);
  }

  #move(from: string, to: string): void {
    this.#give(from, to);
    this.#remove(from);
  }

  #remove(path: string): void {
    this.#known.delete(path);
    this.#unnamed.delete(path);
    this.#unflushed.delete(path);
  }

  #shown(path: string): string {
    return path.slice(this.#folder.length + 1);
  }
}
