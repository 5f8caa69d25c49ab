import { AppError } from '../../../contract/errors.ts';
import type { WindowApi } from '../../../contract/window-api.ts';
import type { HostServices } from '../window-app.ts';
import type { WindowState } from '../window-state.ts';

type Methods =
  | 'describeTraining'
  | 'chooseTrainingFolder'
  | 'surveyTraining'
  | 'stopSurvey'
  | 'startTraining'
  | 'pauseTraining'
  | 'resumeTraining'
  | 'stopTraining'
  | 'dismissTraining'
  | 'readTraining'
  | 'keepCheckpoint'
  | 'listTrainings'
  | 'listUnfinishedTrainings'
  | 'continueTraining'
  | 'forgetTraining';

/** What a training in the window asks for. Only choosing where pictures lie is there yet. */
export function trainingHandlers(
  { trainingPlaces }: WindowState,
  services: HostServices,
): Pick<WindowApi, Methods> {
  const refused = () => Promise.reject(new AppError('training-not-found'));
  return {
    describeTraining: () =>
      Promise.resolve({
        recipes: [],
        backend: null,
        timesSlower: null,
        unavailable: null,
      }),
    chooseTrainingFolder: async () => {
      const path = await services.chooseFolder();
      return path === null ? null : ((await trainingPlaces.add([path]))[0] ?? null);
    },
    surveyTraining: refused,
    stopSurvey: refused,
    startTraining: refused,
    pauseTraining: refused,
    resumeTraining: refused,
    stopTraining: refused,
    dismissTraining: refused,
    readTraining: refused,
    keepCheckpoint: refused,
    listTrainings: () => Promise.resolve([]),
    listUnfinishedTrainings: () => Promise.resolve([]),
    continueTraining: refused,
    forgetTraining: refused,
  };
}
