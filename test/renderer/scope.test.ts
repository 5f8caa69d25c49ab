import { expect, test, vi } from 'vitest';
import type { QueueRow } from '../../contract/batch.ts';
import type { WindowEvent } from '../../contract/window-api.ts';
import { settings as schema } from '../../contract/settings.ts';
import { useRuneModules } from './rune-modules.ts';

interface Tuning {
  readonly forChosen: boolean;
  change(changes: object): void;
  flush(): Promise<boolean>;
  asAll(): Promise<void>;
}
interface StateModule {
  readonly AppState: new (
    host: object,
    onLink: () => void,
  ) => {
    readonly settings: { receive(settings: object): void; flush(): Promise<boolean> };
    readonly queue: { readonly rows: readonly QueueRow[]; merge(rows: readonly QueueRow[]): void };
    readonly tuning: Tuning;
  };
}

const load = useRuneModules();
const kept = { ...schema.parse({ version: 2 }), trouble: null, exampleName: '' };

const rowOf = (id: string): QueueRow => ({
  id, name: `${id}.png`, folder: '', bytes: 1, state: 'ready', picture: null, choices: null, fraction: 0,
  problem: null, notices: [], noiseFactor: null, output: null, seconds: null,
}); // prettier-ignore

async function appWith(...names: string[]) {
  const { AppState } = await load<StateModule>('renderer/state/app.svelte.ts');
  const invoke = vi.fn((method: string, request: object) => {
    return Promise.resolve({ ok: true, value: method === 'changeSettings' ? kept : request && null });
  });
  const listen = (_: (event: WindowEvent) => void) => () => {};
  const app = new AppState({ invoke, listen }, () => {});
  app.settings.receive(kept);
  app.queue.merge(names.map(rowOf));
  await vi.waitFor(() => expect(app.queue.rows).toHaveLength(names.length));
  return { app, calls: invoke.mock.calls };
}

test('a noise factor by hand is for the picture that is looked at, until all pictures are asked for', async () => {
  const { app, calls } = await appWith('a', 'b');
  app.tuning.change({ noiseFactor: 0.1 });
  expect(app.tuning.forChosen).toBe(true);
  await app.tuning.flush();
  expect(calls).toEqual([['changeRows', { rows: ['a'], choices: { noiseFactor: 0.1 } }]]);

  calls.length = 0;
  await app.tuning.asAll();
  app.tuning.change({ noiseFactor: 0.1 });
  expect(app.tuning.forChosen).toBe(false);
  await app.settings.flush();
  expect(calls.map(([method]) => method)).toEqual(['changeSettings']);
});

test('a colour strength that is moved to the strength follows it, for all pictures as for chosen ones', async () => {
  const { app, calls } = await appWith('a');
  app.settings.receive({ ...kept, batch: { ...kept.batch, strength: 0.6, colourStrength: 0.5 } });
  app.tuning.change({ colourStrength: 0.6 });
  await app.settings.flush();
  expect(calls).toMatchObject([['changeSettings', { batch: { colourStrength: null } }]]);
});

test('with one picture, and for what is measured in each, changes are for all', async () => {
  const alone = await appWith('a');
  alone.app.tuning.change({ noiseFactor: 0.1 });
  expect(alone.app.tuning.forChosen).toBe(false);
  const several = await appWith('a', 'b');
  several.app.tuning.change({ noiseFactor: 'auto' });
  several.app.tuning.change({ strength: 0.5 });
  expect(several.app.tuning.forChosen).toBe(false);
});
