import type { ModelForm } from '../../../contract/window-api.ts';
import type { AppState } from '../../state/app.svelte.ts';
import { download } from '../download.ts';

/** Gives a model out as one file: by the system's dialog, or as a download where the host has none. */
export async function sendModel(
  { calls, host }: Pick<AppState, 'calls' | 'host'>,
  model: string,
  form: ModelForm,
): Promise<void> {
  const address = host.modelAddress(model, form);
  if (address === null) {
    await calls.ask('exportModel', { model, form });
    return;
  }
  download(address, `${model}.${form === 'archive' ? 'zip' : form}`);
}
