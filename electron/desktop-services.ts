import { app, dialog, Notification, powerSaveBlocker, shell, type BrowserWindow } from 'electron';
import type { OpenDialogOptions } from 'electron';
import type { HostServices } from '../app/window/window-app.ts';
import { pictureExtensions } from '../contract/image.ts';
import { modelEndings } from '../contract/model-files.ts';
import type { HostTexts } from '../contract/texts/host.ts';

export interface DesktopServicesOptions {
  readonly window: () => BrowserWindow | null;
  readonly texts: () => HostTexts;
  readonly locale: string;
}

/** What the desktop can do for the app: its dialogs, its file manager, its dock or taskbar. */
export class DesktopServices implements HostServices {
  readonly abilities = {
    pickers: true,
    reveal: true,
    notifications: Notification.isSupported(),
    taskbarProgress: true,
    trash: true,
  };
  readonly locale: string;
  readonly #options: DesktopServicesOptions;
  #awake: number | null = null;

  constructor(options: DesktopServicesOptions) {
    this.#options = options;
    this.locale = options.locale;
  }

  chooseInputs(what: 'files' | 'folder'): Promise<readonly string[] | null> {
    const texts = this.#options.texts();
    if (what === 'folder') {
      return this.#open({
        title: texts['dialog-add-folder'],
        properties: ['openDirectory', 'multiSelections'],
      });
    }
    return this.#open({
      title: texts['dialog-add-pictures'],
      properties: ['openFile', 'multiSelections'],
      filters: [
        { name: texts['dialog-pictures'], extensions: [...pictureExtensions] },
        { name: texts['dialog-all-files'], extensions: ['*'] },
      ],
    });
  }

  async chooseFolder(): Promise<string | null> {
    const title = this.#options.texts()['dialog-output-folder'];
    const chosen = await this.#open({ title, properties: ['openDirectory', 'createDirectory'] });
    return chosen?.[0] ?? null;
  }

  async chooseModel(): Promise<string | null> {
    const texts = this.#options.texts();
    const chosen = await this.#open({
      title: texts['dialog-import-model'],
      properties: ['openFile'],
      filters: [{ name: texts['dialog-models'], extensions: [...modelEndings] }],
    });
    return chosen?.[0] ?? null;
  }

  async chooseSaveAs(suggestedName: string): Promise<string | null> {
    const options = { title: this.#options.texts()['dialog-save'], defaultPath: suggestedName };
    const window = this.#options.window();
    const { canceled, filePath } = window
      ? await dialog.showSaveDialog(window, options)
      : await dialog.showSaveDialog(options);
    return canceled || filePath === '' ? null : filePath;
  }

  reveal(path: string): Promise<void> {
    shell.showItemInFolder(path);
    return Promise.resolve();
  }

  trash(path: string): Promise<void> {
    return shell.trashItem(path);
  }

  /** Whoever looks at the window sees it there. */
  notify(text: { readonly title: string; readonly body: string }): void {
    const window = this.#options.window();
    if (window?.isFocused()) return;
    const notification = new Notification({ title: text.title, body: text.body });
    notification.on('click', () => {
      window?.show();
      app.focus();
    });
    notification.show();
  }

  showProgress(fraction: number | null): void {
    this.#options.window()?.setProgressBar(fraction ?? -1);
  }

  keepAwake(on: boolean): void {
    if (on) this.#awake ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (this.#awake !== null) {
      powerSaveBlocker.stop(this.#awake);
      this.#awake = null;
    }
  }

  async #open(options: OpenDialogOptions): Promise<readonly string[] | null> {
    const window = this.#options.window();
    const { canceled, filePaths } = window
      ? await dialog.showOpenDialog(window, options)
      : await dialog.showOpenDialog(options);
    return canceled ? null : filePaths;
  }
}
