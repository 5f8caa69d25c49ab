import { access, constants } from 'node:fs/promises';
import type { Diagnosis } from '../contract/app-api.ts';
import type { BackendMeasurement } from '../contract/backend.ts';
import type { EngineDescription } from '../contract/engine-api.ts';
import type { ModelSummary } from '../contract/model-card.ts';
import type { JobStore } from './jobs/job-store.ts';
import type { BrokenModel } from './models/model-library.ts';
import { makePrivateFolder } from './places.ts';
import type { SettingsFile } from './settings.ts';
import type { EngineSupervisor } from './supervision/engine-supervisor.ts';
import { say } from './wording.ts';

export interface DiagnosisContext {
  readonly appVersion: string;
  readonly home: string;
  readonly engine: EngineSupervisor;
  readonly store: JobStore;
  readonly settings: SettingsFile;
  readonly models: () => Promise<{ models: readonly ModelSummary[]; broken: readonly BrokenModel[] }>;
  readonly backend: (model: ModelSummary) => Promise<BackendMeasurement>;
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
  const { models, broken } = await context.models();
  const model = models.find(({ isDefault }) => isDefault) ?? models[0];
  const backend = model ? await context.backend(model) : unmeasured(engine);
  await context.settings.read();
  const advice = [
    ...adviceOnBackends(engine),
    ...(model ? [] : [say('advice-no-models')]),
    ...broken.map((one) => say('advice-broken-model', { folder: one.folder, reason: one.reason })),
    ...adviceOnMemory(engine),
    ...(await adviceOnHome(home)),
    ...(await adviceOnJobs(context.store)),
    ...(context.settings.trouble ? [context.settings.trouble.message] : []),
  ];
  return { appVersion, home, engine, models, backend, advice };
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

function adviceOnBackends({ backends }: EngineDescription): string[] {
  return backends
    .filter(({ available }) => !available)
    .map(({ description }) => say('advice-backend', { description }));
}

function adviceOnMemory({ memoryBytes }: EngineDescription): string[] {
  if (memoryBytes >= plentyOfMemory) return [];
  const gigabytes = (memoryBytes / gigabyte).toFixed(1);
  return [say('advice-memory', { gigabytes, megapixels: largeMegapixels })];
}

async function adviceOnHome(home: string): Promise<string[]> {
  try {
    await makePrivateFolder(home);
    await access(home, constants.W_OK);
    return [];
  } catch {
    return [say('advice-home', { home })];
  }
}

async function adviceOnJobs(store: JobStore): Promise<string[]> {
  const count = (await store.unfinished().catch(() => [])).length;
  return count > 0 ? [say('advice-unfinished', { count })] : [];
}
