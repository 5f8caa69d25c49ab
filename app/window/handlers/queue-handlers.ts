import { AppError } from '../../../contract/errors.ts';
import type { WindowApi } from '../../../contract/window-api.ts';
import { phrase } from '../../../contract/texts/fill-in.ts';
import { present } from '../present.ts';
import { shownRow } from '../row.ts';
import type { HostServices } from '../window-app.ts';
import type { WindowState } from '../window-state.ts';

type Methods =
  | 'chooseInputs'
  | 'browse'
  | 'makeFolder'
  | 'addPlaces'
  | 'listRows'
  | 'removeRows'
  | 'changeRows'
  | 'chooseOutputFolder'
  | 'setOutputFolder';

/** What is in the queue, and where results go. */
export function queueHandlers(state: WindowState, services: HostServices): Pick<WindowApi, Methods> {
  const { queue, places, finding, browser, settings } = state;
  return {
    chooseInputs: async ({ what }) => {
      const paths = await services.chooseInputs(what);
      if (paths) await finding.add(paths);
      return { chosen: paths !== null };
    },
    browse: async (request) => {
      mustLackPickers(services);
      return browser.list(request);
    },
    makeFolder: async (request) => {
      mustLackPickers(services);
      return browser.makeFolder(request);
    },
    addPlaces: ({ places: ids }) => finding.add(ids.map((id) => places.find(id))),
    listRows: () => Promise.resolve(queue.all().map(shownRow)),
    removeRows: async ({ rows }) => {
      await removeRows(state, rows);
      return null;
    },
    changeRows: ({ rows, choices }) => {
      for (const row of queue.pick(rows)) {
        queue.change(row.id, { choices: choices && { ...row.choices, ...present(choices) } });
      }
      return Promise.resolve(null);
    },
    chooseOutputFolder: async () => {
      const path = await services.chooseFolder();
      if (path !== null) await settings.setOutputFolder(path);
      return { chosen: path !== null };
    },
    setOutputFolder: async ({ place }) => {
      await settings.setOutputFolder(place === null ? null : places.find(place, 'folder'));
      return null;
    },
  };
}

/** Where a person chooses with the system's pickers, a page looks into no folder by itself. */
function mustLackPickers({ abilities }: HostServices): void {
  if (abilities.pickers) throw new AppError('request-invalid', { reason: phrase('request-pickers') });
}

/** Rows that a batch is at work on stay. */
async function removeRows(
  { queue, views, uploads }: WindowState,
  rows: 'all' | readonly string[],
): Promise<void> {
  const gone = queue.pick(rows).filter(({ state }) => state !== 'waiting' && state !== 'working');
  queue.remove(gone);
  const sent = gone.filter(({ uploaded }) => uploaded).map(({ source }) => source);
  await Promise.all([uploads.forget(sent), views.closeOf(gone.map(({ id }) => id))]);
}
