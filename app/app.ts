import type { AppApi, AppListener } from '../contract/app-api.ts';
import { createApi } from './api.ts';
import { connectParts, type AppOptions } from './parts.ts';
import type { HostServices, WindowApp } from './window/window-app.ts';
import { createWindows } from './window/windows.ts';

export type { AppOptions } from './parts.ts';

export interface App {
  readonly api: AppApi;
  /** Tells of everything jobs say until the answer is called. */
  subscribe(listener: AppListener): () => void;
  /** The app as one window sees it, with what the window's host can do. All windows show the same queue. */
  openWindow(services: HostServices): WindowApp;
  /** Stops all jobs, keeps what is done, and ends the engines. */
  close(): Promise<void>;
}

/** The application without a window. */
export function createApp(options: AppOptions): App {
  const parts = connectParts(options);
  const api = createApi(parts);
  const windows = createWindows(parts, api);
  return {
    api,
    subscribe: (listener) => parts.events.subscribe(listener),
    openWindow: (services) => windows.open(services),
    close: async () => {
      await Promise.all([
        windows.close(),
        parts.cleaning.close(),
        parts.training.close(),
        parts.settings.settled(),
      ]);
      await parts.engine.close();
      parts.log.close();
    },
  };
}
