import { AppError } from '../../contract/errors.ts';
import {
  idleTraining,
  type TrainingPlace,
  type TrainingState,
  type UnfinishedTraining,
} from '../../contract/training-view.ts';
import type { WindowApi, WindowEvent } from '../../contract/window-api.ts';

type Methods = Extract<keyof WindowApi, `${string}Training${string}` | 'stopSurvey' | 'keepCheckpoint'>;

export const fakePlace: TrainingPlace = {
  id: 'night',
  name: 'Night 2026',
  kind: 'folder',
  label: '/home/ann/Pictures/Night 2026',
};

export const drawTrainingImage = (path: string): string => `data:text/plain,${path}`;

/** A training that is not there yet. */
export class FakeTraining {
  state: TrainingState = idleTraining;
  unfinished: readonly UnfinishedTraining[] = [];

  constructor(_tell: (event: WindowEvent) => void, _wish: URLSearchParams) {}

  readonly calls: Pick<WindowApi, Methods> = {
    describeTraining: () =>
      Promise.resolve({ recipes: [], backend: null, timesSlower: null, unavailable: null }),
    chooseTrainingFolder: () => Promise.resolve(fakePlace),
    surveyTraining: missing,
    stopSurvey: missing,
    startTraining: missing,
    pauseTraining: missing,
    resumeTraining: missing,
    stopTraining: missing,
    dismissTraining: missing,
    readTraining: missing,
    keepCheckpoint: missing,
    listTrainings: () => Promise.resolve([]),
    listUnfinishedTrainings: () => Promise.resolve([]),
    continueTraining: missing,
    forgetTraining: missing,
  };
}

function missing(): Promise<never> {
  return Promise.reject(new AppError('training-not-found'));
}
