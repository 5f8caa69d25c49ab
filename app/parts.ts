import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackendChoice, BackendMeasurement } from '../contract/backend.ts';
import type { ModelSummary } from '../contract/model-card.ts';
import { CleanJobs } from './clean/clean-jobs.ts';
import { KnownOutputs } from './clean/known-outputs.ts';
import { JobEvents } from './job-events.ts';
import { JobStore } from './jobs/job-store.ts';
import { AppLog } from './log.ts';
import { Measurements } from './measurements.ts';
import { ModelChoice } from './models/model-choice.ts';
import { ModelLibrary } from './models/model-library.ts';
import { homeFolder, placesIn, type Environment, type Places } from './places.ts';
import { SettingsFile } from './settings.ts';
import { BackendChoices } from './supervision/backend-choices.ts';
import { usualLimits, type EngineEnd, type EngineLimits } from './supervision/engine-process.ts';
import { EngineSupervisor } from './supervision/engine-supervisor.ts';
import { wearLimits, type WearLimits } from './supervision/wear.ts';
import { TrainingJobs } from './training/training-jobs.ts';

export interface AppOptions {
  /** The program's folder, with `out/engine.js`, `out/model-check.js` and `model/pretrained/` in it. */
  readonly root: string;
  /** The person's folder; by default that of the system, or `UNSPECKLE_HOME`. */
  readonly home?: string;
  readonly enginePath?: string;
  /** The Node that runs the engine. */
  readonly engineNode?: string;
  /** Gets every line of the log as well. */
  readonly log?: (line: string) => void;
  readonly env?: Environment;
  /** How patient the watchdog is. */
  readonly engineLimits?: Partial<EngineLimits>;
  /** How much an engine process is used before another takes its place. */
  readonly engineWear?: Partial<WearLimits>;
}

/** The parts of the application, connected. */
export interface AppParts {
  readonly appVersion: string;
  readonly places: Places;
  readonly log: AppLog;
  readonly events: JobEvents;
  readonly settings: SettingsFile;
  readonly store: JobStore;
  readonly known: KnownOutputs;
  readonly library: ModelLibrary;
  readonly models: ModelChoice;
  /** The engine that cleans and shows. */
  readonly engine: EngineSupervisor;
  /** Calls the listeners when that engine ended by itself. */
  readonly engineLost: Set<(end: EngineEnd) => void>;
  /** An engine process of its own, for what goes on for long. */
  readonly newEngine: (name: string) => EngineSupervisor;
  /** A process that checks a stranger's model, which may take it down. */
  readonly newChecker: () => EngineSupervisor;
  readonly choices: BackendChoices;
  /** What a model runs on, from memory or measured now. */
  readonly backend: (
    model: ModelSummary,
    choice: BackendChoice,
    threads: number,
  ) => Promise<BackendMeasurement>;
  readonly cleaning: CleanJobs;
  readonly training: TrainingJobs;
  readonly measurements: Measurements;
}

/** Makes the parts; they are connected here and nowhere else. */
export function connectParts(options: AppOptions): AppParts {
  const env = options.env ?? process.env;
  const { root } = options;
  const appVersion = versionOf(root);
  const places = placesIn(options.home ?? homeFolder(env));
  const log = new AppLog(places, options.log);
  const events = new JobEvents(log.write);
  const settings = new SettingsFile(places);
  const store = new JobStore(places);
  const known = new KnownOutputs(places.outputs);
  const library = new ModelLibrary({ bundled: join(root, 'model', 'pretrained'), places });
  const { engine, engineLost, newEngine, newChecker } = engines(options, env, log);
  const choices = new BackendChoices({ places, root, appVersion, env });
  const backend: AppParts['backend'] = (model, choice, threads) =>
    choices.choose(engine, model, choice, threads);
  const models = new ModelChoice({ library, settings, engine, choices });
  const model = (id: string, threads: number) => models.resolve(id, threads);
  const cleaning = new CleanJobs({
    places,
    appVersion,
    store,
    known,
    events,
    engine,
    model,
    backend: (found, { settings: { backend: choice, threads } }, anew) =>
      anew ? choices.chooseAnew(engine, found, choice, threads) : backend(found, choice, threads),
    log: log.write,
  });
  const training = new TrainingJobs({
    appVersion,
    store,
    library,
    events,
    newEngine,
    log: log.write,
  });
  const measurements = new Measurements({ engine, home: places.home, model, backend });
  return {
    appVersion, places, log, events, settings, store, known, library, models, engine, engineLost, newEngine,
    newChecker, choices, backend, cleaning, training, measurements,
  }; // prettier-ignore
}

function engines(
  { root, engineNode, enginePath, engineLimits, engineWear }: AppOptions,
  env: Environment,
  log: AppLog,
): Pick<AppParts, 'engine' | 'engineLost' | 'newEngine' | 'newChecker'> {
  const engineLost: AppParts['engineLost'] = new Set();
  const setup = {
    node: engineNode ?? process.execPath,
    enginePath: enginePath ?? join(root, 'out', 'engine.js'),
    env,
    log: log.write,
    logFile: log.file,
    limits: { ...usualLimits, ...engineLimits },
    wearLimits: { ...wearLimits(env), ...engineWear },
  };
  const onLost = (end: EngineEnd) => engineLost.forEach((listener) => listener(end));
  return {
    engine: new EngineSupervisor('engine', { ...setup, onLost }),
    engineLost,
    newEngine: (name) => new EngineSupervisor(name, setup),
    newChecker: () =>
      new EngineSupervisor('model check', {
        ...setup,
        enginePath: enginePath ?? join(root, 'out', 'model-check.js'),
      }),
  };
}

function versionOf(root: string): string {
  const content: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = typeof content === 'object' && content !== null && 'version' in content && content.version;
  return typeof version === 'string' ? version : '0';
}
