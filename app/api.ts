import type { AppApi } from '../contract/app-api.ts';
import { readReport } from './clean/report.ts';
import { diagnose } from './diagnosis.ts';
import { checkModel } from './models/check-model.ts';
import { exportModel, formByName } from './models/export-model.ts';
import { importModel } from './models/import-model.ts';
import type { AppParts } from './parts.ts';

/** What the command line and tests call, answered by the parts. */
export function createApi(parts: AppParts): AppApi {
  const { cleaning, training, measurements, models, library, settings } = parts;
  return {
    planClean: (request) => cleaning.plan(request),
    startClean: (request) => cleaning.start(request),
    startTraining: (request) => training.start(request),
    continueTraining: ({ jobId }) => training.continue(jobId),
    pauseTraining: ({ jobId }) => {
      training.pause(jobId);
      return Promise.resolve();
    },
    surveyTraining: (request) => training.survey(request),
    cancelJob: ({ jobId }) => {
      if (!cleaning.cancel(jobId)) training.cancel(jobId);
      return Promise.resolve();
    },
    readReport: ({ file }) => readReport(file),
    estimateNoise: (request) => measurements.estimateNoise(request),
    evaluate: (request) => measurements.evaluate(request),
    listModels: async () => (await models.list()).models,
    showModel: ({ model }) => models.show(model),
    exportModel: async ({ model, file, overwrite }) =>
      exportModel(await models.show(model), { file, form: formByName(file), overwrite }, parts.engine),
    importModel: (request) => bringIn(parts, request),
    removeModel: async ({ model }) => library.remove((await models.show(model)).id),
    bench: (request) => measurements.bench(request),
    compareImages: (request) => measurements.compareImages(request),
    diagnose: () => diagnose({ ...parts, home: parts.places.home }),
    readSettings: () => settings.read(),
    contactSheet: (request) => measurements.contactSheet(request),
  };
}

/** Imports a model, checked in an engine of its own. */
async function bringIn(
  { places, library, appVersion, newChecker, models }: AppParts,
  request: Parameters<AppApi['importModel']>[0],
): ReturnType<AppApi['importModel']> {
  const check: Parameters<typeof importModel>[1]['check'] = (folder, refuse) =>
    checkModel(newChecker(), folder, refuse);
  const stored = await importModel(request, { places, library, appVersion, check });
  return { ...(await models.show(stored.id)), reducesNoise: stored.reducesNoise };
}
