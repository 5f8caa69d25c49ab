import trash from 'trash';
import type { HostServices } from '../app/window/window-app.ts';

const missing = (what: string): Promise<never> =>
  Promise.reject(new Error(`the browser host has no ${what}`));

/** What the browser host can do for the app: pictures are browsed to or uploaded, results are downloaded. */
export function browserServices(): HostServices {
  return {
    abilities: { pickers: false, reveal: false, notifications: false, taskbarProgress: false, trash: true },
    locale: Intl.DateTimeFormat().resolvedOptions().locale,
    chooseInputs: () => missing('picker'),
    chooseFolder: () => missing('picker'),
    chooseModel: () => missing('picker'),
    chooseSaveAs: () => missing('picker'),
    reveal: () => missing('file manager'),
    // A name may hold what a pattern would read as its own signs.
    trash: (path) => trash(path, { glob: false }),
    notify: () => {},
    showProgress: () => {},
    // The page does it, by its wake lock.
    keepAwake: () => {},
  };
}
