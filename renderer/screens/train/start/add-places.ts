import type { TrainingPlace } from '../../../../contract/training-view.ts';
import type { DroppedFile } from '../../../../contract/window-host.ts';
import type { AppState } from '../../../state/app.svelte.ts';

/** Asks for a folder to train on: with the system's picker, or with the window's own where the host has none. */
export async function choosePlace(app: AppState): Promise<void> {
  if (!app.hello?.abilities.pickers) {
    app.browsing = 'training';
    return;
  }
  const place = await app.calls.ask('chooseTrainingFolder', {});
  if (place) app.draft.addPlaces([place]);
}

/** Hands over what was dropped. A page sends the pictures themselves: they are looked at once all have arrived. */
export async function addToTrain(
  app: AppState,
  portions: AsyncIterable<readonly DroppedFile[]>,
): Promise<void> {
  const places = new Map<string, TrainingPlace>();
  await app.draft.receiving(async () => {
    for await (const files of portions) {
      if (files.length === 0) continue;
      const reply = await app.host.addTrainingFiles(files);
      if (!reply.ok) {
        app.messages.fail(reply);
        break;
      }
      for (const place of reply.value) places.set(place.id, place);
    }
  });
  app.draft.addPlaces([...places.values()]);
}
