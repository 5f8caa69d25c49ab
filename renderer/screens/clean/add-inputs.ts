import type { AppState } from '../../state/app.svelte.ts';
import type { DroppedFile } from '../../../contract/window-host.ts';

/** Asks for pictures: with the system's picker, or with the window's own where the host has none. */
export async function addInputs(app: AppState, what: 'files' | 'folder'): Promise<void> {
  if (app.hello?.abilities.pickers) await app.calls.ask('chooseInputs', { what });
  else app.browsing = what;
}

/** Hands what was dropped or pasted to the app. A model among it is taken for what it is. */
export async function addFiles(
  app: AppState,
  portions: AsyncIterable<readonly DroppedFile[]>,
): Promise<void> {
  let added = 0;
  await app.queue.whileArriving(async () => {
    for await (const files of portions) {
      if (files.length === 0) continue;
      const reply = await app.host.addFiles(files);
      if (!reply.ok) return void app.messages.fail(reply);
      for (const place of reply.value.models ?? []) await app.importModel(place);
      added += reply.value.added;
    }
  });
  if (added > 0) app.messages.speak(app.words.count('added', added));
}
