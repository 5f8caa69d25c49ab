import { AppError } from '../../../contract/errors.ts';
import type { PinnedFile } from '../../../contract/engine-api.ts';
import { verbatim } from '../../../contract/texts/fill-in.ts';
import { trainingConfig, type TrainingConfig } from '../../../contract/train.ts';
import { trainingChoices } from '../../../contract/training-view.ts';
import type { WindowApi, WindowRequest } from '../../../contract/window-api.ts';
import { trainingOffer } from '../training/training-offer.ts';
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

/** What a training in the window asks for. */
export function trainingHandlers(state: WindowState, services: HostServices): Pick<WindowApi, Methods> {
  const { trainingPlaces, surveys, trainings, parts } = state;
  const done = async (act: () => void | Promise<void>) => {
    await act();
    return null;
  };
  return {
    describeTraining: () => trainingOffer(parts),
    chooseTrainingFolder: async () => {
      const path = await services.chooseFolder();
      return path === null ? null : ((await trainingPlaces.add([path]))[0] ?? null);
    },
    surveyTraining: ({ places, choices }) =>
      surveys.survey({ ...surveyChoices.parse(choices), folders: trainingPlaces.find(places) }),
    stopSurvey: () => done(() => surveys.stop()),
    startTraining: async (request) => trainings.start(await orderOf(state, request)),
    pauseTraining: () => done(() => trainings.pause()),
    resumeTraining: () => done(() => trainings.resume()),
    stopTraining: () => done(() => trainings.stop()),
    dismissTraining: () => done(() => trainings.dismiss()),
    readTraining: ({ training }) => trainings.read(training),
    keepCheckpoint: ({ training, step }) => done(() => trainings.keep(training, step)),
    listTrainings: () => trainings.finished(),
    listUnfinishedTrainings: () => trainings.unfinished(),
    continueTraining: ({ training }) => trainings.goOnWith(training),
    forgetTraining: ({ training }) => done(() => trainings.forget(training)),
  };
}

const surveyChoices = trainingChoices.pick({
  pictures: true,
  network: true,
  patch: true,
  validationShare: true,
  seed: true,
});

/** @throws AppError `place-not-found`, `request-invalid` */
async function orderOf(
  { parts, trainingPlaces, surveys }: WindowState,
  { places, choices, pinned, recipe }: WindowRequest<'startTraining'>,
): Promise<{
  config: TrainingConfig;
  pinned: readonly PinnedFile[];
  recipe: WindowRequest<'startTraining'>['recipe'];
}> {
  const { threads } = await parts.settings.read();
  const config = trainingConfig.safeParse({ ...choices, folders: trainingPlaces.find(places), threads });
  if (!config.success) {
    throw new AppError('request-invalid', { reason: verbatim(config.error.message) });
  }
  return { config: config.data, pinned: pinned.map((id) => surveys.find(id)), recipe };
}
