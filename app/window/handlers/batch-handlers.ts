import type { BatchCheck, Undone } from '../../../contract/batch.ts';
import type { WindowApi } from '../../../contract/window-api.ts';
import { AppError } from '../../../contract/errors.ts';
import { jobOf } from '../batch-job.ts';
import { rowsToClean } from '../batches.ts';
import { checkBatch } from '../check.ts';
import { restingState } from '../row.ts';
import { kindOf } from '../speeds.ts';
import { trashOf, undoOutputs } from '../undo.ts';
import type { HostServices } from '../window-app.ts';
import type { WindowState } from '../window-state.ts';

type Methods =
  | 'checkBatch'
  | 'startBatch'
  | 'pauseBatch'
  | 'resumeBatch'
  | 'stopBatch'
  | 'listBatches'
  | 'undoBatch'
  | 'findResults'
  | 'listUnfinished'
  | 'continueBatch'
  | 'forgetUnfinished'
  | 'revealOutput'
  | 'revealReport';

export function batchHandlers(state: WindowState, services: HostServices): Pick<WindowApi, Methods> {
  const { batches, finished, unfinished, outputs, results } = state;
  const done = (act: () => void) => {
    act();
    return Promise.resolve(null);
  };
  return {
    checkBatch: ({ rows }) => check(state, rows),
    startBatch: ({ rows }) => batches.start(rows),
    pauseBatch: () => done(() => batches.pause()),
    resumeBatch: () => done(() => batches.goOn()),
    stopBatch: () => done(() => batches.stop()),
    listBatches: () => finished.list(),
    undoBatch: ({ batch }) => undo(state, services, batch),
    findResults: ({ batch }) => results.find(batch),
    listUnfinished: () => unfinished.list(),
    continueBatch: ({ batch }) => batches.goOnWith(batch),
    forgetUnfinished: async ({ batch }) => {
      await unfinished.forget(batch);
      return null;
    },
    revealOutput: async ({ row }) => {
      await services.reveal(await outputs.find(row));
      return null;
    },
    revealReport: async ({ batch }) => {
      await finished.report(batch);
      await services.reveal(finished.reportFile(batch));
      return null;
    },
  };
}

async function check(state: WindowState, wanted: 'all' | readonly string[]): Promise<BatchCheck> {
  const { parts, queue, speeds } = state;
  const settings = await parts.settings.read();
  const rows = wanted === 'all' ? [...rowsToClean(queue, 'all'), ...unreadable(state)] : queue.pick(wanted);
  if (rows.length === 0) return { ...emptyCheck };
  const job = jobOf(rows, settings, parts.places);
  const speed = (await speeds.of(kindOf(job.settings))) ?? (await networkSpeed(state, job.settings.model));
  return checkBatch({ rows, job, speed, plan: (asked) => parts.cleaning.plan({ job: asked }) });
}

const unreadable = ({ queue }: WindowState) => queue.all().filter((row) => row.state === 'unreadable');

const emptyCheck: BatchCheck = {
  pictures: 0,
  megapixels: 0,
  bytesNeeded: 0,
  bytesFree: 0,
  seconds: 0,
  memoryBytes: 0,
  findings: [{ code: 'nothing-to-do', stops: true, details: {} }],
};

/** Share of the network's speed that is left of it from file to file, on usual machines. */
const wholeShare = 0.7;

/** For a first batch: from the speed of the bare network, where that was measured. */
async function networkSpeed({ parts }: WindowState, asked: string): Promise<number | null> {
  const { backend, threads } = await parts.settings.read();
  const model = await parts.models.show(asked).catch(() => null);
  const speed = model && (await parts.choices.speedOf(model, backend, threads));
  return speed === null ? null : speed * wholeShare;
}

async function undo(state: WindowState, services: HostServices, batch: string): Promise<Undone> {
  const { batches, finished, headers, queue, parts } = state;
  if (batches.running && batches.state.batch === batch) throw new AppError('batch-running');
  const report = await finished.report(batch);
  const { paths, ...undone } = await undoOutputs(report, trashOf(services, parts.places));
  if (undone.kept.every(({ why }) => why !== 'failed')) await finished.setUndone(batch);
  const moved = new Set(paths);
  for (const row of queue.all()) {
    if (row.output === null || !moved.has(row.output)) continue;
    // What another batch has taken meanwhile is that batch's.
    const taken = row.state === 'waiting' || row.state === 'working';
    const nothing = { output: null, seconds: null, noiseFactor: null, notices: [] } as const;
    queue.change(row.id, taken ? nothing : { ...nothing, fraction: 0, state: restingState(row) });
    if (queue.get(row.id)?.state === 'found') headers.read(row.id);
  }
  queue.flush();
  return undone;
}
