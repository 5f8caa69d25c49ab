import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cleanJob, type CleanJob, type CleanPlan, type SkippedInput } from '../../contract/clean.ts';
import { storedDetails } from '../../contract/texts/stored-details.ts';
import { readText, writeDurable, writeJson } from '../../storage/durable-json.ts';
import { lockHolder } from '../../storage/lock.ts';
import { syncFolder } from '../../storage/sync-folder.ts';
import { systemCode, writeError } from '../../storage/write-error.ts';
import { makePrivateFolder, type Places } from '../places.ts';

/** `job.json` of a batch: what was asked for, and what was planned then. */
export interface StoredCleanJob {
  readonly version: 1;
  readonly kind: 'clean';
  readonly jobId: string;
  /** Equal for batches that are the same work. */
  readonly key: string;
  readonly appVersion: string;
  readonly started: string;
  /** Id of the model that was chosen. */
  readonly model: string;
  readonly job: CleanJob;
  readonly plan: CleanPlan;
}

const storedCleanJob = z.object({
  version: z.literal(1),
  kind: z.literal('clean'),
  jobId: z.string(),
  key: z.string(),
  appVersion: z.string(),
  started: z.string(),
  model: z.string(),
  job: cleanJob,
  plan: z.object({
    pictures: z.array(
      z.object({
        source: z.string(),
        folder: z.string(),
        stem: z.string(),
        bytes: z.number(),
        modifiedMs: z.number(),
      }),
    ),
    skipped: z.array(
      z.object({
        source: z.string(),
        code: z.custom<SkippedInput['code']>((code) => typeof code === 'string'),
        details: storedDetails,
      }),
    ),
  }),
});

/**
 * Finished jobs are kept for their reports, unfinished batches to be gone on with; the oldest give way. A training that
 * is not finished stays: what it has learnt is not to be had again by asking for it.
 */
const mostFinished = 200;
const mostUnfinished = 30;

/** Numbered, so that their order does not hang on a clock. */
const jobIdPattern = /^(\d{6,15})-[a-z0-9]+$/;
/** Present until a job has nothing left to do, and from then on; both hold its key. */
const markName = 'unfinished';
const finishedName = 'finished';
/** Present when what a dead run left in output folders has been removed. */
const tidiedName = 'tidied';

/** The folders of jobs, `jobs/<id>/`. */
export class JobStore {
  readonly #places: Places;

  constructor(places: Places) {
    this.#places = places;
  }

  folderOf(jobId: string): string {
    return join(this.#places.jobs, jobId);
  }

  /** A file whose lock means that a batch of this key is being worked on. */
  lockFile(key: string): string {
    return join(this.#places.jobs, `.lock-${key}`);
  }

  /** Makes the folder of jobs, so that locks can lie in it. */
  prepare(): Promise<void> {
    return makePrivateFolder(this.#places.jobs);
  }

  /** A fresh folder for a job. */
  async begin(): Promise<string> {
    await this.prepare();
    const last = (await this.#jobIds()).at(-1);
    const number = last === undefined ? 1 : Number(jobIdPattern.exec(last)?.[1]) + 1;
    const jobId = `${String(number).padStart(6, '0')}-${randomBytes(3).toString('hex')}`;
    try {
      await mkdir(this.folderOf(jobId), { mode: 0o700 });
      await syncFolder(this.#places.jobs);
    } catch (error) {
      throw writeError(error, join(this.folderOf(jobId), 'job.json'));
    }
    return jobId;
  }

  /** Writes down what is going to be done, and that it is not done yet. */
  async write<T extends { readonly jobId: string; readonly key: string }>(stored: T): Promise<void> {
    const folder = this.folderOf(stored.jobId);
    await writeJson(join(folder, 'job.json'), stored);
    // By the key in it the job is found again.
    await writeDurable(join(folder, markName), stored.key);
  }

  /** It never began. */
  async discard(jobId: string): Promise<void> {
    await rm(this.folderOf(jobId), { recursive: true, force: true }).catch(() => {});
  }

  /** Nothing is left to do. */
  async finish(jobId: string): Promise<void> {
    const folder = this.folderOf(jobId);
    await rename(join(folder, markName), join(folder, finishedName)).catch(() => {});
  }

  /** There is something to do once more. */
  async reopen(jobId: string): Promise<void> {
    const folder = this.folderOf(jobId);
    await rename(join(folder, finishedName), join(folder, markName)).catch(() => {});
  }

  /** It is not to be gone on with, whatever is left to do. */
  async forget(jobId: string): Promise<void> {
    await unlink(join(this.folderOf(jobId), markName)).catch(() => {});
  }

  /** Whether a text is the id of a job that is there. */
  async has(jobId: string): Promise<boolean> {
    if (!jobIdPattern.test(jobId)) return false;
    return (await stat(this.folderOf(jobId)).catch(() => null))?.isDirectory() === true;
  }

  /** Ids of all jobs, the oldest first. */
  all(): Promise<string[]> {
    return this.#jobIds();
  }

  /** The last batch of this key that was not finished; null when there is none that can be read. */
  async findUnfinished(key: string): Promise<StoredCleanJob | null> {
    for (const jobId of (await this.unfinished(key)).reverse()) {
      const stored = await this.read(jobId);
      if (stored) return stored;
    }
    return null;
  }

  /** The last batch of this key that was finished. */
  async findFinished(key: string): Promise<StoredCleanJob | null> {
    for (const jobId of (await this.#marked(finishedName, key)).reverse()) {
      const stored = await this.read(jobId);
      if (stored) return stored;
    }
    return null;
  }

  /** Ids of unfinished batches, the oldest first. */
  unfinished(key?: string): Promise<string[]> {
    return this.#marked(markName, key);
  }

  async #marked(name: string, key?: string): Promise<string[]> {
    const found: string[] = [];
    for (const jobId of await this.#jobIds()) {
      const mark = join(this.folderOf(jobId), name);
      const held = await readText(mark).catch(() => null);
      if (held !== null && (key === undefined || held === key)) found.push(jobId);
    }
    return found;
  }

  async isTidied(jobId: string): Promise<boolean> {
    return (await stat(join(this.folderOf(jobId), tidiedName)).catch(() => null)) !== null;
  }

  /** Forgotten in a power cut, it is tidied once more. */
  async setTidied(jobId: string, tidied: boolean): Promise<void> {
    const mark = join(this.folderOf(jobId), tidiedName);
    await (tidied ? writeFile(mark, '', { mode: 0o600 }) : unlink(mark)).catch(() => {});
  }

  /** Null for what is no batch, or cannot be read. */
  read(jobId: string): Promise<StoredCleanJob | null> {
    return this.readAs(jobId, 'clean', (raw) => storedCleanJob.parse(raw));
  }

  /**
   * What was asked for, of a job of one kind; null for others, and for what cannot be read. All are left as they are: a
   * newer version may know what to do with them.
   */
  async readAs<T>(jobId: string, kind: string, parse: (raw: unknown) => T): Promise<T | null> {
    try {
      const raw: unknown = JSON.parse(await readText(join(this.folderOf(jobId), 'job.json')));
      return (raw as { kind?: unknown } | null)?.kind === kind ? parse(raw) : null;
    } catch {
      return null;
    }
  }

  /** Removes the oldest jobs beyond a number, but for those that somebody is at work on. */
  async prune(): Promise<void> {
    const unfinished = await this.unfinished();
    const open = new Set(unfinished);
    const finished = (await this.#jobIds()).filter((jobId) => !open.has(jobId));
    const old = [...finished.slice(0, -mostFinished), ...(await this.#batchesToForget(unfinished))];
    for (const jobId of old) await rm(this.folderOf(jobId), { recursive: true, force: true }).catch(() => {});
  }

  async #batchesToForget(unfinished: readonly string[]): Promise<string[]> {
    if (unfinished.length <= mostUnfinished) return [];
    const keys = new Map<string, string>();
    for (const jobId of unfinished) {
      const key = await this.readAs(jobId, 'clean', (raw) => (raw as { key: unknown }).key);
      if (typeof key === 'string') keys.set(jobId, key);
    }
    const old = [...keys].slice(0, -mostUnfinished);
    const holders = await Promise.all(old.map(([, key]) => lockHolder(this.lockFile(key))));
    return old.flatMap(([jobId], at) => (holders[at] === null ? [jobId] : []));
  }

  async #jobIds(): Promise<string[]> {
    try {
      const names = await readdir(this.#places.jobs);
      return names.filter((name) => jobIdPattern.test(name)).sort(byNumber);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw writeError(error, join(this.#places.jobs, 'job'));
    }
  }
}

function byNumber(a: string, b: string): number {
  return parseInt(a, 10) - parseInt(b, 10) || (a < b ? -1 : 1);
}

/**
 * Equal for batches that are the same work: the same inputs, output folder and settings. On what backend and
 * with how many threads it is done does not matter.
 */
export function keyOf(job: CleanJob): string {
  const settings = Object.entries(job.settings).filter(([name]) => !meansOnly.has(name));
  return createHash('sha256')
    .update(canonical({ ...job, settings: Object.fromEntries(settings) }))
    .digest('hex')
    .slice(0, 24);
}

const meansOnly: ReadonlySet<string> = new Set(['backend', 'threads', 'memory']);

/** JSON with sorted keys: equal for equal values. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
