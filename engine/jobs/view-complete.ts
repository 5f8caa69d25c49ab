import type { Handler } from '../channel.ts';
import { cleaningOf, type ViewDependencies } from '../views/cleaning.ts';
import { completeAnswers } from '../views/reduced-answers.ts';
import { pageOf } from '../views/region.ts';

/** Cleans all of a page for views below 100 %, and tells how far it is after each tile. */
export function createCompleteViewHandler(dependencies: ViewDependencies): Handler<'completeView'> {
  return async ({ view: id, page: index, choices, ...runtime }, context) => {
    const view = dependencies.views.get(id);
    const stop = AbortSignal.any([context.signal, view.closed]);
    const page = await pageOf(view, index);
    const cleaning = await cleaningOf(view, choices, runtime, dependencies);
    if (cleaning.off) return context.send({ type: 'view-progress', fraction: 1 });
    const control = { signal: stop, gate: dependencies.gate.lane('background', stop) };
    const onProgress = (fraction: number) => context.send({ type: 'view-progress', fraction });
    await completeAnswers(view, page, cleaning, control, onProgress);
  };
}
