import { AppError } from '../../../contract/errors.ts';
import type { WindowApi } from '../../../contract/window-api.ts';
import { archiveName } from '../model-shelf.ts';
import { trashOf } from '../undo.ts';
import type { HostServices } from '../window-app.ts';
import type { WindowState } from '../window-state.ts';

type Methods =
  | 'listModels'
  | 'setDefaultModel'
  | 'renameModel'
  | 'duplicateModel'
  | 'removeModel'
  | 'importModel'
  | 'exportModel'
  | 'measureModel';

export function modelHandlers(
  { models, settings, places, parts }: WindowState,
  services: HostServices,
): Pick<WindowApi, Methods> {
  return {
    listModels: () => models.list(),
    setDefaultModel: async ({ model }) => {
      if (model !== null) await models.mustExist(model);
      await settings.setDefaultModel(model);
      return null;
    },
    renameModel: ({ model, name }) => models.rename(model, name),
    duplicateModel: ({ model, name }) => models.duplicate(model, name),
    removeModel: async ({ model }) => {
      await models.remove(model, trashOf(services, parts.places));
      return null;
    },
    importModel: async ({ place }) => {
      const path = place === null ? await services.chooseModel() : places.find(place);
      return path === null ? null : models.import(path);
    },
    exportModel: async ({ model, form }) => {
      await models.mustExist(model);
      if (form === 'onnx')
        throw new AppError('model-unsuitable', { model, reason: 'it is not written as ONNX yet' });
      const file = await services.chooseSaveAs(archiveName(model));
      if (file !== null) await models.export(model, file);
      return { chosen: file !== null };
    },
    measureModel: ({ model }) => models.measure(model),
  };
}
