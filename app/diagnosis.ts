import { access, constants } from 'node:fs/promises';
import type { Diagnosis } from '../contract/app-api.ts';
import type { BackendChoice, BackendMeasurement } from '../contract/backend.ts';
import { failureOf, type Failure, type Said } from '../contract/errors.ts';
import type { EngineDescription } from '../contract/engine-api.ts';
import type { ModelSummary } from '../contract/model-card.ts';
import type { Settings } from '../contract/settings.ts';
import { phrase } from '../contract/texts/fill-in.ts';
import type { JobStore } from './jobs/job-store.ts';
import type { ModelChoice } from './models/model-choice.ts';
import { makePrivateFolder } from './places.ts';
import type { SettingsFile } from './settings.ts';
import type { EngineSupervisor } from './supervision/engine-supervisor.ts';

export interface DiagnosisContext {
  readonly appVersion: string;
  readonly home: string;
  readonly engine: EngineSupervisor;
  readonly store: JobStore;
  readonly settings: SettingsFile;
  readonly models: ModelChoice;
  readonly backend: (
    model: ModelSummary,
    choice: BackendChoice,
    threads: number,
  ) => Promise<BackendMeasurement>;
}

const gigabyte = 2 ** 30;
/** Below this much memory large pictures are cleaned in small tiles. */
const plentyOfMemory = 4 * gigabyte;
const largeMegapixels = 50;

/** What is found on this machine, and what to do about what is not. */
export async function diagnose(context: DiagnosisContext): Promise<Diagnosis> {
  const { appVersion, home } = context;
  context.engine.forgive();
  const engine = await context.engine.callTwice('describe', {}, 'describe');
  const settings = await context.settings.read();
  const { models, broken } = await context.models.list();
  const model = models.find(({ isDefault }) => isDefault) ?? models[0];
  const measured = model ? await measure(context, model, settings) : null;
  const advice = [
    ...adviceOnBackends(engine),
    ...(model ? [] : [phrase('advice-no-models')]),
    ...(measured?.refused ? [measured.refused] : []),
    ...broken.map((one) => phrase('advice-broken-model', { folder: one.folder, reason: one.reason })),
    ...adviceOnMemory(engine),
    ...(await adviceOnHome(home)),
    ...(await adviceOnJobs(context.store)),
    ...(context.settings.trouble ? [failureOf(context.settings.trouble)] : []),
  ];
  const backend = measured?.backend ?? unmeasured(engine);
  return { appVersion, home, engine, models, backend, settings, advice };
}

/** By the backend that the settings ask for; where that is refused, by the one that would be taken without. */
async function measure(
  { backend }: DiagnosisContext,
  model: ModelSummary,
  { backend: choice, threads }: Settings,
): Promise<{ backend: BackendMeasurement; refused: Failure | null }> {
  try {
    return { backend: await backend(model, choice, threads), refused: null };
  } catch (error) {
    const failure = failureOf(error);
    if (choice === 'auto' || !/^backend-/.test(failure.code)) throw error;
    return { backend: await backend(model, 'auto', threads), refused: failure };
  }
}

/** Without a model there is nothing to measure with. */
function unmeasured({ backends }: EngineDescription): BackendMeasurement {
  const chosen = backends.find(({ available }) => available)?.name ?? 'wasm';
  const tried = backends.map(({ name, available, description }) => ({
    name,
    megapixelsPerSecond: null,
    difference: null,
    refused: available ? null : description,
  }));
  return { chosen, tried };
}

function adviceOnBackends({ backends }: EngineDescription): Said[] {
  return backends.filter(({ available }) => !available).map(({ description }) => description);
}

function adviceOnMemory({ memoryBytes }: EngineDescription): Said[] {
  if (memoryBytes >= plentyOfMemory) return [];
  const gigabytes = (memoryBytes / gigabyte).toFixed(1);
  return [phrase('advice-memory', { gigabytes, megapixels: largeMegapixels })];
}

async function adviceOnHome(home: string): Promise<Said[]> {
  try {
    await makePrivateFolder(home);
    await access(home, constants.W_OK);
    return [];
  } catch {
    return [phrase('advice-home', { home })];
  }
}

async function adviceOnJobs(store: JobStore): Promise<Said[]> {
  const count = (await store.unfinished().catch(() => [])).length;
  return count > 0 ? [phrase('advice-unfinished', { count })] : [];
}
