import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import { assembleHost, type Bridge } from './assemble-host.ts';
import { channels } from './channels.ts';

async function sendPaths(channel: string, files: readonly File[]) {
  const paths = files.map((file) => webUtils.getPathForFile(file));
  const present = paths.filter((path) => path !== '');
  const reply = (await ipcRenderer.invoke(channel, present)) as string;
  return { reply, pathless: paths.flatMap((path, index) => (path === '' ? [index] : [])) };
}

const bridge: Bridge = {
  invoke: (method, request) => ipcRenderer.invoke(channels.invoke, method, request) as Promise<string>,
  listen: (listener) => {
    const hear = (_: IpcRendererEvent, event: string): void => listener(event);
    ipcRenderer.on(channels.event, hear);
    return () => void ipcRenderer.off(channels.event, hear);
  },
  addFiles: (files) => sendPaths(channels.addPaths, files),
  addTrainingFiles: (files) => sendPaths(channels.addTrainingPaths, files),
  forgetTile: (tile) => ipcRenderer.send(channels.forgetTile, tile),
};

contextBridge.executeInMainWorld({ func: assembleHost, args: [bridge] });
