import type { AppApi } from '../../contract/app-api.ts';
import { failureOf, type Reply } from '../../contract/errors.ts';
import type { AppParts } from '../parts.ts';
import { invoke } from './invoke.ts';
import { answerFetch } from './routes.ts';
import { withDroppedNames } from './upload-names.ts';
import type { Upload } from './uploads.ts';
import type { HostServices, WindowApp } from './window-app.ts';
import { windowHandlers } from './window-handlers.ts';
import { closeWindowState, makeWindowState, tidyEarlierRuns, type WindowState } from './window-state.ts';

export interface Windows {
  open(services: HostServices): WindowApp;
  close(): Promise<void>;
}

/** The windows of an app. What they share is made with the first. */
export function createWindows(parts: AppParts, api: AppApi): Windows {
  let shared: WindowState | null = null;
  const state = (): WindowState => {
    if (shared) return shared;
    shared = makeWindowState(parts, api);
    tidyEarlierRuns(shared).catch((error: unknown) => parts.log.write(String(error)));
    return shared;
  };
  return {
    open: (services) => openWindow(state(), services),
    close: async () => {
      if (shared) await closeWindowState(shared);
    },
  };
}

function openWindow(state: WindowState, services: HostServices): WindowApp {
  const { hub, finding, parts } = state;
  const api = windowHandlers(state, services);
  const leave = hub.addHost(services);
  const silence = new Set<() => void>();
  return {
    invoke: async (method, request) => {
      const reply = await invoke(api, method, request, parts.log.write);
      return reply.ok ? reply : withDroppedNames(reply, parts.places.uploads);
    },
    listen: (listener) => {
      const stop = hub.listen(listener);
      silence.add(stop);
      return () => {
        silence.delete(stop);
        stop();
      };
    },
    fetch: (request) => answerFetch(state, request),
    addPaths: (paths) => finding.add(paths),
    addUpload: (path, bytes, modifiedMs) =>
      replyOf(async () => takeUpload(state, await state.uploads.keep(path, bytes, modifiedMs))),
    addTrainingPaths: (paths) => replyOf(() => state.trainingPlaces.add(paths)),
    addTrainingUpload: (path, bytes) => replyOf(() => state.trainingPlaces.keep(path, bytes)),
    close: () => {
      leave();
      for (const stop of silence) stop();
      silence.clear();
    },
  };
}

async function replyOf<T>(work: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, ...failureOf(error) };
  }
}

/** A picture comes into the queue, a model's archive becomes a place to import it from. */
function takeUpload(
  { queue, headers, places }: WindowState,
  upload: Upload,
): { added: number; place: string | null } {
  const { path: source, root, folder, bytes, modifiedMs, model } = upload;
  // A model can be sent again, to be imported again.
  if (model) return { added: 0, place: places.grant(source, 'file').id };
  const row = queue.add({ source, root, folder, bytes, modifiedMs, uploaded: true });
  if (row) headers.read(row.id);
  return { added: row ? 1 : 0, place: null };
}
