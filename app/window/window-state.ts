import { join } from 'node:path';
import type { AppApi } from '../../contract/app-api.ts';
import type { Settings } from '../../contract/settings.ts';
import type { AppParts } from '../parts.ts';
import { Batches } from './batches.ts';
import { Browser } from './browse.ts';
import { Finding } from './finding.ts';
import { FinishedBatches } from './finished-batches.ts';
import { GrantedPlaces } from './granted-places.ts';
import { Headers } from './headers.ts';
import { ModelShelf } from './model-shelf.ts';
import { Outputs } from './outputs.ts';
import { Queue } from './queue.ts';
import { Results } from './results.ts';
import type { Row } from './row.ts';
import { RuntimeChoice } from './runtime-choice.ts';
import { Speeds } from './speeds.ts';
import { SurveyDesk } from './training/survey-desk.ts';
import { TrainingDesk } from './training/training-desk.ts';
import { TrainingPlaces } from './training-places.ts';
import { Unfinished } from './unfinished.ts';
import { Uploads } from './uploads.ts';
import { Views } from './views.ts';
import { WindowHub } from './window-hub.ts';
import { SettingsOfWindows } from './window-settings.ts';

/** Everything that all windows of an app share. */
export interface WindowState {
  readonly parts: AppParts;
  readonly api: AppApi;
  readonly hub: WindowHub;
  readonly queue: Queue;
  readonly headers: Headers;
  readonly finding: Finding;
  readonly places: GrantedPlaces;
  readonly browser: Browser;
  readonly uploads: Uploads;
  readonly trainingPlaces: TrainingPlaces;
  readonly surveys: SurveyDesk;
  readonly trainings: TrainingDesk;
  readonly speeds: Speeds;
  readonly unfinished: Unfinished;
  readonly finished: FinishedBatches;
  readonly batches: Batches;
  readonly outputs: Outputs;
  readonly results: Results;
  readonly models: ModelShelf;
  readonly views: Views;
  readonly settings: SettingsOfWindows;
}

/** Makes the parts of the window's side; they are connected here and nowhere else. */
export function makeWindowState(parts: AppParts, api: AppApi): WindowState {
  const { engine, store, places: appPlaces } = parts;
  const hub = new WindowHub(parts.log.write);
  const queue = new Queue(hub);
  const speeds = new Speeds(appPlaces);
  const unfinished = new Unfinished(store, hub);
  const readHeader = (row: string) => headers.read(row);
  const batches = new Batches({ parts, queue, hub, speeds, unfinished, readHeader });
  const prepare = async () => engine.useThreads((await parts.settings.read()).threads);
  const headers = new Headers({ queue, hub, engine, prepare, batchRuns: () => batches.running });
  const runtimes = new RuntimeChoice(parts);
  const models = new ModelShelf({ parts, api, hub, runtimes });
  const tellModels = () => {
    models.tell().catch((error: unknown) => parts.log.write(String(error)));
  };
  const onChange = (before: Settings, after: Settings) => {
    const differ = modelsDiffer(before, after);
    // Every move of a slider changes the settings, and is not to wait until files are read that it does not change.
    if (differ || before.memory !== after.memory) runtimes.forget();
    if (differ) tellModels();
  };
  const modelOf = async (id: string) => (await parts.models.show(id)).id;
  const places = new GrantedPlaces();
  const trainingPlaces = new TrainingPlaces(places, new Uploads(appPlaces), appPlaces);
  const placesOf = (folders: readonly string[]) => trainingPlaces.known(folders);
  const finished = new FinishedBatches(store, appPlaces.uploads);
  parts.engineLost.add(({ reason }) => {
    // A batch tells of it itself, once it is tried again.
    if (!batches.running) hub.emit({ type: 'engine-restarted', reason });
  });
  return {
    parts, api, hub, queue, headers, places, speeds, unfinished, finished, batches, models,
    finding: new Finding({ queue, headers, hub, home: appPlaces.home }),
    browser: new Browser(places, undefined, join(appPlaces.cache, 'browsed.json')),
    uploads: new Uploads(appPlaces),
    trainingPlaces,
    surveys: new SurveyDesk({ training: parts.training, engine, hub }),
    trainings: new TrainingDesk({ parts, hub, placesOf, onModels: tellModels }),
    outputs: new Outputs(queue, finished),
    results: new Results(finished),
    views: new Views({ parts, queue, hub, runtimes }),
    settings: new SettingsOfWindows({ file: parts.settings, queue, hub, onChange, modelOf }),
  }; // prettier-ignore
}

/** Whether the list of models shows something else after a change of the settings. */
function modelsDiffer(before: Settings, after: Settings): boolean {
  return (
    before.backend !== after.backend ||
    before.threads !== after.threads ||
    before.defaultModel !== after.defaultModel
  );
}

/** Looks after what earlier runs left, without keeping anybody waiting. */
export async function tidyEarlierRuns({ parts, uploads }: WindowState): Promise<void> {
  const needed = await unfinishedSources(parts);
  for (const { config } of await parts.training.open()) needed.push(...config.folders);
  await uploads.prune(needed);
}

/** What the batches read that can still be gone on with. */
async function unfinishedSources({ store }: AppParts): Promise<string[]> {
  const sources: string[] = [];
  for (const jobId of await store.unfinished()) {
    const stored = await store.read(jobId);
    sources.push(...(stored?.plan.pictures.map(({ source }) => source) ?? []));
  }
  return sources;
}

/** Answers when copies of pictures that were sent and never cleaned are gone. */
export async function closeWindowState({
  parts,
  finding,
  headers,
  queue,
  views,
  batches,
  surveys,
  trainings,
  uploads,
}: WindowState): Promise<void> {
  const sent = queue.all().filter(({ uploaded, state }) => uploaded && neverCleaned.includes(state));
  finding.close();
  headers.close();
  views.stop();
  batches.close();
  surveys.stop();
  trainings.close();
  queue.close();
  if (sent.length === 0) return;
  const needed = new Set(await unfinishedSources(parts));
  await uploads.forget(sent.map(({ source }) => source).filter((source) => !needed.has(source)));
}

/** Of all others a report speaks, or a batch that can be gone on with. */
const neverCleaned: readonly Row['state'][] = ['found', 'ready', 'unreadable'];
