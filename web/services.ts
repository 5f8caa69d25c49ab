import trash from 'trash';
import type { HostServices } from '../app/window/window-app.ts';
import { AppError } from '../contract/errors.ts';
import { phrase } from '../contract/texts/fill-in.ts';

/** The window asks for none of these; whoever does is told why nothing came of it. */
const missing = (what: 'request-no-pickers' | 'request-no-file-manager'): Promise<never> =>
  Promise.reject(new AppError('request-invalid', { reason: phrase(what) }));

/** What the browser host can do for the app: pictures are browsed to or uploaded, results are downloaded. */
export function browserServices(): HostServices {
  return {
    abilities: { pickers: false, reveal: false, notifications: false, taskbarProgress: false, trash: true },
    locale: Intl.DateTimeFormat().resolvedOptions().locale,
    chooseInputs: () => missing('request-no-pickers'),
    chooseFolder: () => missing('request-no-pickers'),
    chooseModel: () => missing('request-no-pickers'),
    chooseSaveAs: () => missing('request-no-pickers'),
    reveal: () => missing('request-no-file-manager'),
    // A name may hold what a pattern would read as its own signs.
    trash: (path) => trash(path, { glob: false }),
    notify: () => {},
    showProgress: () => {},
    // The page does it, by its wake lock.
    keepAwake: () => {},
  };
}
