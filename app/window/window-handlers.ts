import type { WindowApi } from '../../contract/window-api.ts';
import { batchHandlers } from './handlers/batch-handlers.ts';
import { modelHandlers } from './handlers/model-handlers.ts';
import { queueHandlers } from './handlers/queue-handlers.ts';
import { settingsHandlers } from './handlers/settings-handlers.ts';
import { trainingHandlers } from './handlers/training-handlers.ts';
import { viewHandlers } from './handlers/view-handlers.ts';
import type { HostServices } from './window-app.ts';
import type { WindowState } from './window-state.ts';

/** What one window calls: the state all windows share, and what its own host can do. */
export function windowHandlers(state: WindowState, services: HostServices): WindowApi {
  return {
    ...queueHandlers(state, services),
    ...batchHandlers(state, services),
    ...viewHandlers(state),
    ...modelHandlers(state, services),
    ...settingsHandlers(state, services),
    ...trainingHandlers(state, services),
  };
}
