import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppApi, AppListener } from '../contract/app-api.ts';
import type { BackendChoice } from '../contract/backend.ts';
import type { ModelSummary } from '../contract/model-card.ts';
import { CleanJobs } from './clean/clean-jobs.ts';
import { KnownOutputs } from './clean/known-outputs.ts';
import { readReport } from './clean/report.ts';
import { diagnose } from './diagnosis.ts';
import { JobEvents } from './job-events.ts';
import { JobStore } from './jobs/job-store.ts';
import { AppLog } from './log.ts';
import { Measurements } from './measurements.ts';
import { checkModel } from './models/check-model.ts';
import { importModel } from './models/import-model.ts';
import { exportArchive } from './models/model-archive.ts';
import { ModelLibrary } from './models/model-library.ts';
import { ModelChoice } from './models/model-choice.ts';
import { homeFolder, placesIn, type Environment } from './places.ts';
import { SettingsFile } from './settings.ts';
import { BackendChoices } from './supervision/backend-choices.ts';
import { usualLimits, type EngineLimits } from './supervision/engine-process.ts';
import { EngineSupervisor } from './supervision/engine-supervisor.ts';
import { TrainingJobs } from './training/training-jobs.ts';

export interface AppOptions {
  /** The program's folder, with `out/engine.js` and `model/pretrained/` in it. */
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
}

export interface App {
  readonly api: AppApi;
  /** Tells of everything jobs say until the answer is called. */
  subscribe(listener: AppListener): () => void;
  /** Stops all jobs, keeps what is done, and ends the engines. */
  close(): Promise<void>;
}

/** The application without a window: made from its parts, which are connected here and nowhere else. */
export function createApp(options: AppOptions): App {
  const env = options.env ?? process.env;
  const { root } = options;
  const appVersion = versionOf(root);
  const places = placesIn(options.home ?? homeFolder(env));
  const log = new AppLog(places, options.log);
  const events = new JobEvents(log.write);
  const settings = new SettingsFile(places);
  const store = new JobStore(places);
  const library = new ModelLibrary({ bundled: join(root, 'model', 'pretrained'), places });
  const setup = {
    node: options.engineNode ?? process.execPath,
    enginePath: options.enginePath ?? join(root, 'out', 'engine.js'),
    env,
    log: log.write,
    logFile: log.file,
    limits: { ...usualLimits, ...options.engineLimits },
  };
  const engine = new EngineSupervisor('engine', setup);
  const choices = new BackendChoices({ places, root, appVersion, env });
  const backend = (model: ModelSummary, choice: BackendChoice, threads: number) =>
    choices.choose(engine, model, choice, threads);
  const models = new ModelChoice({ library, settings, engine, choices });
  const cleaning = new CleanJobs({
    places,
    appVersion,
    store,
    known: new KnownOutputs(places.outputs),
    events,
    engine,
    model: (id, threads) => models.resolve(id, threads),
    backend: (model, { settings: { backend: choice, threads } }, anew) =>
      anew ? choices.chooseAnew(engine, model, choice, threads) : backend(model, choice, threads),
    log: log.write,
  });
  const training = new TrainingJobs({
    appVersion,
    store,
    library,
    events,
    newEngine: () => new EngineSupervisor('training engine', setup),
    log: log.write,
  });
  const measurements = new Measurements({
    engine,
    home: places.home,
    model: (id, threads) => models.resolve(id, threads),
    backend,
  });

  const api: AppApi = {
    planClean: (request) => cleaning.plan(request),
    startClean: (request) => cleaning.start(request),
    startTraining: (request) => training.start(request),
    cancelJob: ({ jobId }) => {
      if (!cleaning.cancel(jobId)) training.cancel(jobId);
      return Promise.resolve();
    },
    readReport: ({ file }) => readReport(file),
    estimateNoise: (request) => measurements.estimateNoise(request),
    evaluate: (request) => measurements.evaluate(request),
    listModels: async () => (await models.list()).models,
    showModel: ({ model }) => models.show(model),
    exportModel: async ({ model, file, overwrite }) =>
      exportArchive(await models.show(model), file, overwrite),
    importModel: async (request) => {
      const check: Parameters<typeof importModel>[1]['check'] = (folder, refuse) =>
        checkModel(new EngineSupervisor('model check', setup), folder, refuse);
      const stored = await importModel(request, { places, library, appVersion, check });
      return { ...(await models.show(stored.id)), reducesNoise: stored.reducesNoise };
    },
    removeModel: async ({ model }) => library.remove((await models.show(model)).id),
    bench: (request) => measurements.bench(request),
    compareImages: (request) => measurements.compareImages(request),
    diagnose: () =>
      diagnose({
        appVersion,
        home: places.home,
        engine,
        store,
        settings,
        models: () => models.list(),
        backend: (model) => backend(model, 'auto', 0),
      }),
    contactSheet: (request) => measurements.contactSheet(request),
  };

  return {
    api,
    subscribe: (listener) => events.subscribe(listener),
    close: async () => {
      await Promise.all([cleaning.close(), training.close()]);
      await engine.close();
      log.close();
    },
  };
}

function versionOf(root: string): string {
  const content: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = typeof content === 'object' && content !== null && 'version' in content && content.version;
  return typeof version === 'string' ? version : '0';
}
