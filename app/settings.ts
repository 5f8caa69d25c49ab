import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../contract/errors.ts';
import { settings as schema, type Settings } from '../contract/settings.ts';
import { phrase, type Phrase, saidBy } from '../contract/texts/fill-in.ts';
import { readJson, readJsonAsItIs, writeJson, type ReadJson } from '../storage/durable-json.ts';
import { acquireLock, type Lock } from '../storage/lock.ts';
import { systemCode } from '../storage/write-error.ts';
import { makePrivateFolder, type Places } from './places.ts';
import { salvageSettings, SettingsAbsent } from './salvage-settings.ts';

export const defaultSettings: Settings = schema.parse({ version: 2 });

/** Changing settings takes milliseconds; whoever holds them longer is not waited for. */
const lockMs = 5000;
const turnMs = 15;

/**
 * The person's choices that outlive a run, in `settings.json`. A change reads, changes and writes under a lock, so
 * that of two programs that change different things neither loses what the other did.
 */
export class SettingsFile {
  readonly #places: Places;
  #trouble: AppError | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(places: Places) {
    this.#places = places;
  }

  /** Why the last reading fell back to defaults, in part or in all; null when it did not. */
  get trouble(): AppError | null {
    return this.#trouble;
  }

  async read(): Promise<Settings> {
    const found = await readJsonAsItIs(this.#places.settings, salvageSettings);
    if (found.state === 'absent') return defaultSettings;
    if (found.state === 'read' && found.value.lost.length === 0) return found.value.settings;
    // What is written back must not take the place of what was chosen meanwhile, here or in another program.
    return this.#inTurn(() => this.#mended()).catch(() => this.#told(found));
  }

  /** What `change` makes of the settings as they are now is written, and answered. */
  change(change: (now: Settings) => Settings): Promise<Settings> {
    return this.#inTurn(async () => {
      const changed = schema.parse(change(await this.#mended()));
      await writeJson(this.#places.settings, changed);
      return changed;
    });
  }

  /** Answers when what was changed so far is written. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /** One after another in this program, and under the lock of all. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(async () => {
      await makePrivateFolder(this.#places.home);
      const lock = await this.#lock();
      try {
        return await work();
      } finally {
        await lock.release();
      }
    });
    this.#last = next.catch(() => {});
    return next;
  }

  /** The settings as they are; what cannot be used of them is set aside. */
  async #mended(): Promise<Settings> {
    const found = await readJson(this.#places.settings, salvageSettings);
    if (found.state === 'read' && found.value.lost.length > 0) await this.#setAside(found.value);
    return found.state === 'read' ? found.value.settings : this.#told(found);
  }

  /** What can be used of a file that is left as it is. */
  #told(found: ReadJson<ReturnType<typeof salvageSettings>>): Settings {
    const { settings: file } = this.#places;
    switch (found.state) {
      case 'absent':
        return defaultSettings;
      case 'bad':
        this.#tell(found.setAside ?? file, whyUnread(found.thrown));
        return defaultSettings;
      case 'read':
        this.#tell(file, lostOf(found.value.lost));
        return found.value.settings;
    }
  }

  async #lock(): Promise<Lock> {
    const until = performance.now() + lockMs;
    for (;;) {
      const attempt = await acquireLock(join(this.#places.home, '.settings.lock'));
      if (attempt.state === 'held') return attempt.lock;
      if (performance.now() > until) throw new AppError('settings-busy', { pid: attempt.pid });
      await wait(turnMs);
    }
  }

  /** What could not be used stays in a copy; what could is written back, so that this is told once. */
  async #setAside({ settings, lost }: ReturnType<typeof salvageSettings>): Promise<void> {
    const { settings: file } = this.#places;
    const aside = await copyAside(file);
    this.#tell(aside ?? file, lostOf(lost));
    // Without a copy the file stays as it is.
    if (aside !== null) await writeJson(file, settings).catch(() => {});
  }

  #tell(file: string, reason: Phrase): void {
    this.#trouble = new AppError('settings-invalid', { file, reason });
  }
}

const lostOf = (lost: readonly string[]): Phrase =>
  phrase('reason-settings-lost', { names: lost.join(', ').slice(0, 200) });

function whyUnread(thrown: unknown): Phrase {
  return thrown instanceof SettingsAbsent ? phrase('reason-settings-none') : saidBy(thrown);
}

async function copyAside(path: string): Promise<string | null> {
  for (let n = 1; n <= 1000; n++) {
    const aside = `${path}.bad-${n}`;
    try {
      await copyFile(path, aside, constants.COPYFILE_EXCL);
      return aside;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') return null;
    }
  }
  return null;
}
