import { ipcMain, type IpcMainEvent, type IpcMainInvokeEvent, type WebContents } from 'electron';
import { isAbsolute } from 'node:path';
import type { WindowApp } from '../app/window/window-app.ts';
import { largestRequest, parsedJson } from '../app/hosting/bodies.ts';
import { AppError, failureOf, type Reply } from '../contract/errors.ts';
import { phrase } from '../contract/texts/fill-in.ts';
import { isOwnAddress } from './address.ts';
import { channels } from './channels.ts';

/** As many as a person could drop at once. */
const mostPaths = 100_000;

export interface WindowChannelOptions {
  readonly app: WindowApp;
  /** The contents of the one window there is. */
  readonly contents: () => WebContents | null;
  readonly forgetTile: (tile: number) => void;
}

/** Carries calls from the window to the app and events back. Only the window's own page is heard. */
export function connectWindow({ app, contents, forgetTile }: WindowChannelOptions): void {
  const isHeard = ({ sender, senderFrame: frame }: IpcMainEvent | IpcMainInvokeEvent): boolean =>
    sender === contents() && frame !== null && frame === sender.mainFrame && isOwnAddress(frame.url);
  const checkSender = (event: IpcMainInvokeEvent): void => {
    if (!isHeard(event)) throw new Error('this page is not heard');
  };

  ipcMain.handle(channels.invoke, async (event, method: unknown, request: unknown) => {
    checkSender(event);
    return JSON.stringify(await answer(() => app.invoke(method, parsedJson(text(request)))));
  });
  ipcMain.handle(channels.addPaths, async (event, paths: unknown) => {
    checkSender(event);
    return JSON.stringify(
      await answer(async () => ({ ok: true, value: await app.addPaths(absolutePaths(paths)) })),
    );
  });
  ipcMain.handle(channels.addTrainingPaths, async (event, paths: unknown) => {
    checkSender(event);
    return JSON.stringify(await answer(() => app.addTrainingPaths(absolutePaths(paths))));
  });
  ipcMain.on(channels.forgetTile, (event, tile: unknown) => {
    if (isHeard(event) && typeof tile === 'number') forgetTile(tile);
  });
  app.listen((event) => {
    const page = contents();
    if (page !== null && !page.isDestroyed()) page.send(channels.event, JSON.stringify(event));
  });
}

/** What is thrown becomes a value: of an error only its message would arrive. */
async function answer(work: () => Promise<Reply<unknown>>): Promise<Reply<unknown>> {
  try {
    return await work();
  } catch (error) {
    return { ok: false, ...failureOf(error) };
  }
}

function text(request: unknown): string {
  if (typeof request === 'string' && request.length <= largestRequest) return request;
  throw new AppError('argument-invalid', {
    parameter: 'request',
    expected: phrase('expect-characters', { limit: largestRequest }),
    received: typeof request,
  });
}

function absolutePaths(paths: unknown): readonly string[] {
  const isPath = (path: unknown): path is string =>
    typeof path === 'string' && path.length <= 32_768 && !path.includes('\0') && isAbsolute(path);
  if (Array.isArray(paths) && paths.length <= mostPaths && paths.every(isPath)) return paths;
  throw new AppError('argument-invalid', {
    parameter: 'paths',
    expected: phrase('expect-paths', { limit: mostPaths }),
    received: Array.isArray(paths) ? phrase('received-other') : typeof paths,
  });
}
