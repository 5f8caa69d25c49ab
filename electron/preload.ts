import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import { assembleHost, type Bridge } from './assemble-host.ts';
import { channels } from './channels.ts';

const bridge: Bridge = {
  invoke: (method, request) => ipcRenderer.invoke(channels.invoke, method, request) as Promise<string>,
  listen: (listener) => {
    const hear = (_: IpcRendererEvent, event: string): void => listener(event);
    ipcRenderer.on(channels.event, hear);
    return () => void ipcRenderer.off(channels.event, hear);
  },
  addFiles: async (files) => {
    const paths = files.map((file) => webUtils.getPathForFile(file));
    const reply = (await ipcRenderer.invoke(
      channels.addPaths,
      paths.filter((path) => path !== ''),
    )) as string;
    return { reply, pathless: paths.flatMap((path, index) => (path === '' ? [index] : [])) };
  },
  forgetTile: (tile) => ipcRenderer.send(channels.forgetTile, tile),
};

contextBridge.executeInMainWorld({ func: assembleHost, args: [bridge] });
