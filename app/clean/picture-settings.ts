import type { CleanJob, CleanSettings, PictureChanges } from '../../contract/clean.ts';

/** What holds for each picture of a batch: the settings for all, and before them the choices of its own. */
export class PictureSettings {
  readonly #settings: CleanSettings;
  readonly #own: ReadonlyMap<string, PictureChanges>;

  constructor(job: CleanJob) {
    this.#settings = job.settings;
    this.#own = new Map((job.overrides ?? []).map(({ source, choices }) => [source, choices]));
  }

  of(source: string): CleanSettings {
    const own = this.#own.get(source);
    if (!own) return this.#settings;
    const given = Object.entries(own).filter(([, value]) => value !== undefined);
    return { ...this.#settings, ...Object.fromEntries(given) };
  }

  /** Models that are asked for, that of the settings first, each once. */
  get models(): string[] {
    const own = [...this.#own.values()].flatMap(({ model }) => (model === undefined ? [] : [model]));
    return [...new Set([this.#settings.model, ...own])];
  }
}
