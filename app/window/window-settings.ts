import { extname, parse } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import { failureOf } from '../../contract/errors.ts';
import { extensionOf } from '../../contract/image.ts';
import type { BatchChoices, Preset, Settings } from '../../contract/settings.ts';
import type { WindowRequest, WindowSettings } from '../../contract/window-api.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { checkTemplate, stemOf } from '../naming/template.ts';
import type { SettingsFile } from '../settings.ts';
import { present } from './present.ts';
import type { Queue } from './queue.ts';
import type { Row } from './row.ts';
import type { WindowHub } from './window-hub.ts';

/** Without a picture in the queue, a name is made of this one. */
const madeUpName = 'DSC_0042.jpg';
const mostPresets = 200;

/** The settings as windows see and change them. */
export class SettingsOfWindows {
  readonly #file: SettingsFile;
  readonly #queue: Queue;
  readonly #hub: WindowHub;
  /** Called with the settings before and after a change. */
  readonly #onChange: (before: Settings, after: Settings) => void;
  /** Id of the model that an id, or `default`, stands for now. */
  readonly #modelOf: (id: string) => Promise<string>;
  /** Counts what is changed, so that nothing older is told after it. */
  #changes = 0;

  constructor(options: {
    file: SettingsFile;
    queue: Queue;
    hub: WindowHub;
    onChange: (before: Settings, after: Settings) => void;
    modelOf: (id: string) => Promise<string>;
  }) {
    this.#file = options.file;
    this.#queue = options.queue;
    this.#hub = options.hub;
    this.#onChange = options.onChange;
    this.#modelOf = options.modelOf;
    this.#queue.firstChanged.add(() => void this.#tellExample());
  }

  async read(): Promise<WindowSettings> {
    return this.#shown(await this.#file.read());
  }

  async change({ batch, ...rest }: WindowRequest<'changeSettings'>): Promise<WindowSettings> {
    if (batch?.name !== undefined) checkTemplate(batch.name);
    return this.#change((now) => ({ ...now, ...present(rest), batch: withChanges(now.batch, batch ?? {}) }));
  }

  setDefaultModel(defaultModel: string | null): Promise<WindowSettings> {
    return this.#change((now) => ({ ...now, defaultModel }));
  }

  setOutputFolder(out: string | null): Promise<WindowSettings> {
    return this.#change((now) => ({ ...now, batch: { ...now.batch, out } }));
  }

  /** Keeps the choices of now; those kept under the same name before give way. */
  savePreset(name: string): Promise<WindowSettings> {
    return this.#change((now) => {
      const others = now.presets.filter((one) => one.name !== name);
      return { ...now, presets: [...others, { name, choices: now.batch }].slice(-mostPresets) };
    });
  }

  applyPreset(name: string): Promise<WindowSettings> {
    return this.#change((now) => ({ ...now, batch: presetOf(now, name).choices }));
  }

  removePreset(name: string): Promise<WindowSettings> {
    return this.#change((now) => {
      const gone = presetOf(now, name);
      return { ...now, presets: now.presets.filter((one) => one !== gone) };
    });
  }

  async #change(change: (now: Settings) => Settings): Promise<WindowSettings> {
    let before: Settings | null = null;
    this.#changes++;
    const after = await this.#file.change((now) => change((before = now)));
    this.#onChange(before ?? after, after);
    const shown = await this.#shown(after);
    this.#changes++;
    this.#hub.emit({ type: 'settings', settings: shown });
    return shown;
  }

  /** The queue begins with another picture: the example of a name is made of that one. */
  async #tellExample(): Promise<void> {
    const changes = ++this.#changes;
    const settings = await this.read().catch(() => null);
    // What was changed meanwhile is told with the newer example.
    if (settings && changes === this.#changes) this.#hub.emit({ type: 'settings', settings });
  }

  async #shown(settings: Settings): Promise<WindowSettings> {
    const { trouble } = this.#file;
    const { name, model } = settings.batch;
    // Without a model there is nothing better to show than what was asked for.
    const id = name.includes('{model}') ? await this.#modelOf(model).catch(() => model) : model;
    return {
      ...settings,
      trouble: trouble && failureOf(trouble),
      exampleName: exampleName({ ...settings.batch, model: id }, this.#queue.first),
    };
  }
}

function withChanges(
  now: BatchChoices,
  changes: NonNullable<WindowRequest<'changeSettings'>['batch']>,
): BatchChoices {
  const { colourStrength, ...rest } = present(changes);
  const { colourStrength: own, ...others } = { ...now, ...rest };
  const wanted = colourStrength === undefined ? own : (colourStrength ?? undefined);
  return wanted === undefined ? others : { ...others, colourStrength: wanted };
}

/** @throws AppError `argument-invalid` when there is none of this name */
function presetOf({ presets }: Settings, name: string): Preset {
  const found = presets.find((one) => one.name === name);
  if (found) return found;
  throw new AppError('argument-invalid', {
    parameter: 'name',
    expected: phrase('expect-preset'),
    received: `“${name}”`,
  });
}

/** The name a picture's result gets, as far as it is known before: the noise factor stands for any. */
function exampleName({ name, format, model }: BatchChoices, first: Row | null): string {
  const source = first?.source ?? madeUpName;
  const { name: stem, dir } = parse(source);
  // A file that a page sent by itself lies in a folder of the app's own.
  const parent = first?.uploaded && first.folder === '' ? '' : parse(dir).base;
  const extension = format === 'same' ? extname(source).slice(1) || 'png' : extensionOf[format];
  try {
    const filled = stemOf(name, {
      name: stem,
      ext: extname(source).slice(1).toLowerCase(),
      model,
      date: new Date().toISOString().slice(0, 10),
      counter: '0001',
      parent,
    });
    return `${filled.replaceAll('{factor}', '0.050')}.${extension}`;
  } catch {
    return '';
  }
}
