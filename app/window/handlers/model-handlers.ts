import type { WindowApi } from '../../../contract/window-api.ts';
import { modelFileName } from '../../models/export-model.ts';
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
    exportModel: async ({ model, form = 'archive' }) => {
      await models.mustExist(model);
      const file = await services.chooseSaveAs(modelFileName(model, form));
      if (file !== null) await models.export(model, file, form);
      return { chosen: file !== null };
    },
    measureModel: ({ model }) => models.measure(model),
  };
}
