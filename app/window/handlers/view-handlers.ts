import type { WindowApi } from '../../../contract/window-api.ts';
import type { WindowState } from '../window-state.ts';

type Methods = 'openView' | 'closeView' | 'measureView' | 'completeView' | 'judgeResidual' | 'scoreView';

export function viewHandlers({ views }: WindowState): Pick<WindowApi, Methods> {
  return {
    openView: ({ row, looker }) => views.open(row, looker),
    closeView: async ({ view }) => {
      await views.close(view);
      return null;
    },
    measureView: ({ view }) => views.measure(view),
    completeView: (request) => {
      views.complete(request);
      return Promise.resolve(null);
    },
    judgeResidual: (request) => views.judge(request),
    scoreView: (request) => views.score(request),
  };
}
