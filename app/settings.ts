import { z } from 'zod';
import { AppError } from '../contract/errors.ts';
import { readJson, writeJson } from '../storage/durable-json.ts';
import { makePrivateFolder, type Places } from './places.ts';

const schema = z.object({
  version: z.literal(1),
  /** Id of the model that stands for `default`; null lets the app choose. */
  defaultModel: z.string().min(1).nullable().default(null),
});
export type Settings = z.infer<typeof schema>;

const defaults: Settings = { version: 1, defaultModel: null };

/** The person's choices that outlive a run, in `settings.json`. */
export class SettingsFile {
  readonly #places: Places;
  #trouble: AppError | null = null;

  constructor(places: Places) {
    this.#places = places;
  }

  /** Why the last reading fell back to defaults; null when it did not. */
  get trouble(): AppError | null {
    return this.#trouble;
  }

  async read(): Promise<Settings> {
    const found = await readJson(this.#places.settings, (raw) => schema.parse(raw));
    switch (found.state) {
      case 'read':
        return found.value;
      case 'absent':
        return defaults;
      case 'bad': {
        const file = found.setAside ?? this.#places.settings;
        this.#trouble = new AppError('settings-invalid', { file, reason: found.reason.slice(0, 200) });
        return defaults;
      }
    }
  }

  async change(changes: Partial<Omit<Settings, 'version'>>): Promise<Settings> {
    const changed = { ...(await this.read()), ...changes };
    await makePrivateFolder(this.#places.home);
    await writeJson(this.#places.settings, changed);
    return changed;
  }
}
