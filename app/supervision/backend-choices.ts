import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { backendNames, type BackendChoice, type BackendMeasurement } from '../../contract/backend.ts';
import type { Said } from '../../contract/errors.ts';
import type { ModelSummary } from '../../contract/model-card.ts';
import { storedDetails, storedPhrase } from '../../contract/texts/stored-details.ts';
import { readJson, writeJson } from '../../storage/durable-json.ts';
import { makePrivateFolder, type Environment, type Places } from '../places.ts';
import type { EngineSupervisor } from './engine-supervisor.ts';

const failure = z.object({ code: z.string(), details: storedDetails, message: z.string() });
const isSaid = (said: unknown): boolean => z.union([storedPhrase, failure]).safeParse(said).success;

const measurement = z.object({
  chosen: z.enum(backendNames),
  tried: z.array(
    z.object({
      name: z.enum(backendNames),
      megapixelsPerSecond: z.number().nullable(),
      difference: z.number().nullable(),
      refused: z.custom<Said>((said) => isSaid(said)).nullable(),
    }),
  ),
});
const schema = z.object({ version: z.literal(1), choices: z.record(z.string(), measurement) });

/** Variables that do not change how fast a network runs. */
const withoutEffect: ReadonlySet<string> = new Set([
  'UNSPECKLE_HOME',
  'UNSPECKLE_TEST_DATA',
  'UNSPECKLE_RECYCLE_AFTER',
]);

/** Older ones are forgotten: models and machines change. */
const mostChoices = 60;

type Measuring = Pick<EngineSupervisor, 'callTwice'>;

/** Which backend serves a model on this machine: measured once, then remembered. */
export class BackendChoices {
  readonly #places: Places;
  readonly #root: string;
  readonly #appVersion: string;
  readonly #env: Environment;
  /** Two that ask at the same time get one answer: a batch and its preview are to be of the same backend. */
  readonly #measuring = new Map<string, Promise<BackendMeasurement>>();

  constructor(options: { places: Places; root: string; appVersion: string; env: Environment }) {
    this.#places = options.places;
    this.#root = options.root;
    this.#appVersion = options.appVersion;
    this.#env = options.env;
  }

  /**
   * The backend to use, from memory or by a short measurement.
   * @throws AppError `backend-unavailable`, `backend-disagrees` when one was asked for that cannot be used
   */
  async choose(
    engine: Measuring,
    model: ModelSummary,
    choice: BackendChoice,
    threads: number,
  ): Promise<BackendMeasurement> {
    const key = await this.#keyOf(model, choice, threads);
    return (await this.#read())[key] ?? this.#measure(key, engine, model, choice, threads);
  }

  /** Measures again, for a choice that turned out to be out of date. */
  async chooseAnew(
    engine: Measuring,
    model: ModelSummary,
    choice: BackendChoice,
    threads: number,
  ): Promise<BackendMeasurement> {
    const key = await this.#keyOf(model, choice, threads);
    return this.#measure(key, engine, model, choice, threads);
  }

  /** Megapixels per second of a model as it was measured here before; null when it was not. */
  async speedOf(model: ModelSummary, choice: BackendChoice, threads: number): Promise<number | null> {
    const remembered = (await this.#read())[await this.#keyOf(model, choice, threads)];
    return remembered ? speedOfMeasurement(remembered) : null;
  }

  #measure(
    key: string,
    engine: Measuring,
    { id, folder }: ModelSummary,
    choice: BackendChoice,
    threads: number,
  ): Promise<BackendMeasurement> {
    const begun = this.#measuring.get(key);
    if (begun) return begun;
    const request = { model: { id, folder }, choice, threads };
    const measuring = engine
      .callTwice('chooseBackend', request, folder)
      .then(async (measured) => {
        await this.#remember(key, measured);
        return measured;
      })
      .finally(() => this.#measuring.delete(key));
    this.#measuring.set(key, measuring);
    return measuring;
  }

  get #file(): string {
    return join(this.#places.cache, 'backends.json');
  }

  async #read(): Promise<Record<string, BackendMeasurement>> {
    const found = await readJson(this.#file, (raw) => schema.parse(raw));
    return found.state === 'read' ? found.value.choices : {};
  }

  async #remember(key: string, measured: BackendMeasurement): Promise<void> {
    const others = Object.entries(await this.#read()).filter(([other]) => other !== key);
    const entries: [string, BackendMeasurement][] = [...others, [key, measured]];
    const choices = Object.fromEntries(entries.slice(-mostChoices));
    try {
      await makePrivateFolder(this.#places.cache);
      await writeJson(this.#file, { version: 1, choices });
    } catch {
      // Measured again the next time.
    }
  }

  /** Everything that a measurement depends on. */
  async #keyOf(model: ModelSummary, choice: BackendChoice, threads: number): Promise<string> {
    const addon = join(this.#root, '.native', `tensorflow-${platform()}-${arch()}`, 'tfjs_binding.node');
    const native = await stat(addon).then(
      ({ size, mtimeMs }) => [size, mtimeMs],
      () => null,
    );
    const cores = cpus();
    const switches = Object.entries(this.#env).filter(
      ([name]) => name.startsWith('UNSPECKLE_') && !withoutEffect.has(name),
    );
    const machine = [platform(), arch(), cores[0]?.model, cores.length, process.version, this.#appVersion];
    const parts = [machine, native, switches, model.id, model.card.weightsSha256, choice, threads];
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  }
}

export function speedOfMeasurement({ chosen, tried }: BackendMeasurement): number | null {
  return tried.find(({ name }) => name === chosen)?.megapixelsPerSecond ?? null;
}
