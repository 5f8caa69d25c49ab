import type { Hello, MachineDescription, WindowApi } from '../../../contract/window-api.ts';
import type { HostServices } from '../window-app.ts';
import type { WindowState } from '../window-state.ts';

type Methods =
  | 'hello'
  | 'readSettings'
  | 'changeSettings'
  | 'savePreset'
  | 'applyPreset'
  | 'removePreset'
  | 'describeMachine';

export function settingsHandlers(state: WindowState, services: HostServices): Pick<WindowApi, Methods> {
  const { settings } = state;
  return {
    hello: () => hello(state, services),
    readSettings: () => settings.read(),
    changeSettings: (request) => settings.change(request),
    savePreset: ({ name }) => settings.savePreset(name),
    applyPreset: ({ name }) => settings.applyPreset(name),
    removePreset: ({ name }) => settings.removePreset(name),
    describeMachine: () => describeMachine(state),
  };
}

async function hello(
  { parts, settings, batches, unfinished, trainings }: WindowState,
  { abilities, locale }: HostServices,
): Promise<Hello> {
  return {
    appVersion: parts.appVersion,
    platform: process.platform === 'win32' || process.platform === 'darwin' ? process.platform : 'linux',
    abilities,
    locale,
    settings: await settings.read(),
    unfinished: await unfinished.list(),
    batch: batches.state,
    training: trainings.state,
    unfinishedTrainings: await trainings.unfinished(),
  };
}

async function describeMachine({ api }: WindowState): Promise<MachineDescription> {
  const { appVersion, home, engine, backend, advice } = await api.diagnose({});
  const { node, cores, memoryBytes, backends } = engine;
  return { appVersion, home, node, cores, memoryBytes, backends, measured: backend, advice };
}
