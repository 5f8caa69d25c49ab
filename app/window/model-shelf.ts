import type { AppApi } from '../../contract/app-api.ts';
import { AppError } from '../../contract/errors.ts';
import { macsPerPixel } from '../../contract/network-cost.ts';
import type { ModelSummary } from '../../contract/model-card.ts';
import type { ModelForm, WindowAnswer, WindowModel } from '../../contract/window-api.ts';
import { speedOfMeasurement } from '../supervision/backend-choices.ts';
import { exportModel, modelFile, type ModelFile } from '../models/export-model.ts';
import { duplicateModel } from '../models/duplicate-model.ts';
import type { AppParts } from '../parts.ts';
import type { RuntimeChoice } from './runtime-choice.ts';
import type { Trash } from './undo.ts';
import type { WindowHub } from './window-hub.ts';

/** The models as windows see and change them. */
export class ModelShelf {
  readonly #parts: AppParts;
  readonly #api: AppApi;
  readonly #hub: WindowHub;
  readonly #runtimes: RuntimeChoice;

  constructor(options: { parts: AppParts; api: AppApi; hub: WindowHub; runtimes: RuntimeChoice }) {
    this.#parts = options.parts;
    this.#api = options.api;
    this.#hub = options.hub;
    this.#runtimes = options.runtimes;
  }

  async list(): Promise<WindowModel[]> {
    const { models } = await this.#parts.models.list();
    return Promise.all(models.map((model) => this.#shown(model)));
  }

  async rename(id: string, name: string): Promise<WindowModel> {
    await this.#parts.library.rename(id, name);
    return this.#changed(id);
  }

  async duplicate(id: string, name: string): Promise<WindowModel> {
    const { library, places } = this.#parts;
    const copy = await duplicateModel(await library.find(id), name, library, places);
    return this.#changed(copy.id);
  }

  /** To the trash, from where it can be put back into its place; a system that does not take it leaves it to the app. */
  async remove(id: string, trash: Trash): Promise<void> {
    const { library, models } = this.#parts;
    const model = await models.show(id);
    if (model.bundled) throw new AppError('model-protected', { model: model.id });
    await library.forgetEarlier(model.id);
    try {
      await trash(model.folder);
    } catch {
      await library.remove(model.id);
    }
    await this.tell();
  }

  async import(path: string): Promise<WindowModel> {
    const { reducesNoise, ...model } = await this.#api.importModel({ path, name: null, numbered: true });
    const shown = await this.#changed(model.id);
    return reducesNoise === undefined ? shown : { ...shown, reducesNoise };
  }

  async export(id: string, file: string, form: ModelForm): Promise<void> {
    const { models, engine } = this.#parts;
    await exportModel(await models.show(id), { file, form, overwrite: true }, engine);
  }

  async file(id: string, form: ModelForm): Promise<ModelFile> {
    const { models, engine } = this.#parts;
    return modelFile(await models.show(id), form, engine);
  }

  /** Measures anew what a model runs on, and how fast. */
  async measure(id: string): Promise<WindowAnswer<'measureModel'>> {
    const { models, settings, engine, choices } = this.#parts;
    const model = await models.show(id);
    const { backend, threads } = await settings.read();
    engine.forgive();
    await engine.useThreads(threads);
    const measured = await choices.chooseAnew(engine, model, backend, threads);
    await this.tell();
    return { megapixelsPerSecond: speedOfMeasurement(measured) ?? 0, backend: measured.chosen };
  }

  /** @throws AppError `model-not-found` */
  async mustExist(id: string): Promise<void> {
    await this.#parts.library.find(id);
  }

  /** Something about the models is not as it was. */
  async tell(): Promise<void> {
    this.#runtimes.forget();
    this.#hub.emit({ type: 'models', models: await this.list() });
  }

  async #changed(id: string): Promise<WindowModel> {
    await this.tell();
    const found = (await this.list()).find((model) => model.id === id);
    if (!found) throw new AppError('model-not-found', { model: id, known: '' });
    return found;
  }

  async #shown(model: ModelSummary): Promise<WindowModel> {
    const { choices, settings } = this.#parts;
    const { backend, threads } = await settings.read();
    // Where it lies is no window's business.
    const { id, name, bundled, isDefault, bytes, card } = model;
    return {
      id,
      name,
      bundled,
      isDefault,
      bytes,
      card,
      macsPerPixel: macsPerPixel(model.card.network),
      megapixelsPerSecond: await choices.speedOf(model, backend, threads),
    };
  }
}
