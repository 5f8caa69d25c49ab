import { locationOf, type ViewRuntime } from '../../contract/engine-api.ts';
import type { AppParts } from '../parts.ts';

/** What this app changes is known at once; what another program changes, such as the command line, so much later. */
const keptMs = 30_000;

/** What views of a model run on, kept for a moment: a viewer asks for dozens of tiles a second. */
export class RuntimeChoice {
  readonly #parts: AppParts;
  readonly #kept = new Map<string, { readonly at: number; readonly runtime: Promise<ViewRuntime> }>();

  constructor(parts: AppParts) {
    this.#parts = parts;
  }

  for(model: string): Promise<ViewRuntime> {
    const kept = this.#kept.get(model);
    if (kept && performance.now() - kept.at < keptMs) return kept.runtime;
    const runtime = this.#choose(model);
    this.#kept.set(model, { at: performance.now(), runtime });
    runtime.catch(() => this.#kept.delete(model));
    return runtime;
  }

  /** For pixels no network has a part in: they do not wait until this machine was measured. */
  async unmeasured(asked: string): Promise<ViewRuntime> {
    const { settings, models, engine } = this.#parts;
    const { backend, threads, memory } = await settings.read();
    const model = await models.resolve(asked, threads);
    await engine.useThreads(threads);
    return {
      model: locationOf(model),
      runtime: { backend: backend === 'auto' ? 'onnx' : backend, threads },
      memory,
    };
  }

  forget(): void {
    this.#kept.clear();
  }

  async #choose(asked: string): Promise<ViewRuntime> {
    const { settings, models, engine, backend } = this.#parts;
    const { backend: choice, threads, memory } = await settings.read();
    const model = await models.resolve(asked, threads);
    await engine.useThreads(threads);
    const { chosen } = await backend(model, choice, threads);
    return {
      model: locationOf(model),
      runtime: { backend: chosen, threads },
      memory,
    };
  }
}
