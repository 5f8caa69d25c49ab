import { expect, test, vi } from 'vitest';
import type { BatchState, QueueRow } from '../../contract/batch.ts';
import { idleTraining } from '../../contract/training-view.ts';
import type { WindowEvent } from '../../contract/window-api.ts';
import type { Reply } from '../../contract/errors.ts';
import { viewChoices } from '../../contract/view.ts';
import { settings as schema } from '../../contract/settings.ts';
import type { Details } from '../../contract/texts/fill-in.ts';
import { findingWords } from '../../renderer/screens/clean/batch/finding-words.ts';
import { changesToSend, withChanges } from '../../renderer/state/own-choices.ts';
import { isStartKey } from '../../renderer/screens/clean/batch/start-key.ts';
import { whatToClean } from '../../renderer/screens/clean/batch/what-to-clean.ts';
import { changesOf, variantsOf, type Variant } from '../../renderer/screens/clean/viewer/variants.ts';
import { useRuneModules } from './rune-modules.ts';

/** What these tests use of the window's state. */
interface State {
  readonly settings: { receive(settings: object): void; changeBatch(changes: object): void };
  readonly batch: { readonly state: { readonly phase: string }; start(rows: 'all'): Promise<void> };
  readonly messages: { readonly shown: readonly object[] };
  readonly queue: { readonly rows: readonly QueueRow[] };
  start(): () => void;
}
interface StateModule {
  readonly AppState: new (host: object, onLink: () => void) => State;
}

const load = useRuneModules();

const kept = { ...schema.parse({ version: 2 }), trouble: null, exampleName: '' };

const rowOf = (id: string, state: QueueRow['state']): QueueRow => ({
  id, name: `${id}.png`, folder: '', bytes: 1, state, picture: null, choices: null, fraction: 0, problem: null,
  notices: [], noiseFactor: null, output: null, seconds: null,
}); // prettier-ignore

test('the button names what it cleans once more, because “all” leaves out what is done', () => {
  const rows = [rowOf('a', 'done'), rowOf('b', 'unchanged')];
  expect(whatToClean(rows, [], rows)).toEqual({ again: true, count: 2, rows: ['a', 'b'] });
  const fresh = [rowOf('a', 'ready'), rowOf('b', 'found')];
  expect(whatToClean(fresh, fresh, [])).toEqual({ again: false, count: 2, rows: 'all' });
  const mixed = [...rows, rowOf('c', 'ready')];
  expect(whatToClean(mixed, [mixed[2]!], rows)).toEqual({ again: false, count: 1, rows: ['c'] });
});

test('the key that starts a batch does not in a dialog', () => {
  const within = (role: string) => ({
    closest: (wanted: string) => (wanted.includes(`"${role}"`) ? {} : null),
  });
  const press = (target: object | null, ctrlKey = true) => isStartKey({ key: 'Enter', ctrlKey, target });
  expect([press(within('main')), press(null)]).toEqual([true, true]);
  expect([press(within('dialog')), press(within('alertdialog')), press(null, false)]).toEqual([
    false,
    false,
    false,
  ]);
});

test('choosing a variant changes the one thing it differs in, and in the playground never the noise factor', () => {
  const choices = viewChoices.parse({
    noiseFactor: 0.1,
    added: { kind: 'gaussian', noiseFactor: 0.1, seed: 1 },
  });
  const first = (kind: 'factor' | 'strength' | 'model'): Variant =>
    variantsOf(kind, choices, 0.1, 0.22, ['one', 'two'])[0]!;
  expect(changesOf(first('strength'), true)).toEqual({ strength: 0.4 });
  expect(changesOf(first('model'), true)).toEqual({ model: 'one' });
  expect(changesOf(first('factor'), true)).toEqual({});
  expect(changesOf(first('factor'), false)).toEqual({ noiseFactor: 0.06 });
});

test('of several pictures only what was changed is changed', () => {
  const seen = { model: 'mine', noiseFactor: 0.1, strength: 0.7 };
  expect(changesToSend(seen, new Set(['model']))).toEqual({ model: 'mine' });
  expect(changesToSend(seen, new Set(['noiseFactor']))).toEqual({ noiseFactor: 0.1 });
  // A colour strength that follows is said: left out, it would be that of the batch.
  expect(changesToSend(seen, new Set(['strength']))).toEqual({ strength: 0.7, colourStrength: 0.7 });
  const apart = { ...seen, colourStrength: 0.2 };
  expect(changesToSend(apart, new Set(['strength']))).toEqual({ strength: 0.7, colourStrength: 0.2 });
});

test('a colour strength joins the strength it is moved to, and no strength that only passes by it', () => {
  const apart = { model: 'mine', noiseFactor: 0.1, strength: 0.7, colourStrength: 0.2 };
  expect(withChanges(apart, { colourStrength: 0.7 })).not.toHaveProperty('colourStrength');
  expect(withChanges(apart, { colourStrength: undefined })).not.toHaveProperty('colourStrength');
  const passing = withChanges(apart, { strength: 0.2 });
  expect(withChanges(passing, { strength: 0.1 })).toEqual({ ...apart, strength: 0.1 });
});

test('a batch does not begin when its choices could not be kept', async () => {
  const { AppState } = await load<StateModule>('renderer/state/app.svelte.ts');
  const failure = { ok: false, code: 'disk-full', details: { path: '/' }, message: '' } as const;
  let full = true;
  const invoke = vi.fn((method: string): Promise<Reply<unknown>> => {
    if (method === 'changeSettings') return Promise.resolve(full ? failure : { ok: true, value: kept });
    if (method === 'checkBatch') return Promise.resolve({ ok: true, value: { findings: [] } });
    return Promise.resolve({ ok: true, value: null });
  });
  const app = new AppState({ invoke }, () => {});
  app.settings.receive(kept);
  const asked = () => invoke.mock.calls.map(([method]) => method);

  app.settings.changeBatch({ onConflict: 'skip' });
  await app.batch.start('all');
  expect(asked()).toEqual(['changeSettings']);
  expect(app.messages.shown).toHaveLength(1);

  full = false;
  app.settings.changeBatch({ onConflict: 'skip' });
  await app.batch.start('all');
  expect(asked().slice(1)).toEqual(['changeSettings', 'checkBatch', 'startBatch']);
});

test.each(['rename', 'skip', 'overwrite'])(
  'the check says what becomes of files that are there: %s',
  (rule) => {
    const finding = { code: 'outputs-exist', stops: false, details: { count: 3, rule } } as const;
    const check = {
      pictures: 9,
      megapixels: 1,
      bytesNeeded: 1,
      bytesFree: 1,
      seconds: 1,
      memoryBytes: 1,
      findings: [],
    };
    const words = {
      say: (text: string, details: Details = {}) => `${text} ${details['count'] as number}`,
      number: String,
      bytes: String,
    };
    expect(findingWords(finding, check, words)).toBe(`finding-outputs-exist-${rule} 3`);
  },
);

test('what is told while the window asks how things stand is newer than the answer', async () => {
  const { AppState } = await load<StateModule>('renderer/state/app.svelte.ts');
  let tell: (event: WindowEvent) => void = () => {};
  const batch = (phase: BatchState['phase']) => ({ phase }) as BatchState;
  const ok = (value: unknown) => Promise.resolve({ ok: true, value });
  const answers: Readonly<Record<string, () => Promise<unknown>>> = {
    hello: () => {
      queueMicrotask(() => tell({ type: 'batch', batch: batch('finished') }));
      const nothing = { unfinished: [], training: idleTraining, unfinishedTrainings: [] };
      return ok({ settings: kept, batch: batch('running'), ...nothing, locale: 'en' });
    },
    listRows: () => {
      tell({ type: 'rows', rows: [rowOf('a', 'done'), rowOf('d', 'found')] });
      tell({ type: 'rows-removed', rows: ['c'] });
      return ok([rowOf('a', 'working'), rowOf('b', 'ready'), rowOf('c', 'ready')]);
    },
    listModels: () => ok([]),
  };
  const host = {
    invoke: (method: string) => answers[method]?.(),
    listen: (listener: typeof tell) => ((tell = listener), () => {}),
  };
  const app = new AppState(host, () => {});
  const stop = app.start();
  await vi.waitFor(() => expect(app.queue.rows).toHaveLength(3));
  expect(app.queue.rows.map(({ id, state }) => `${id} ${state}`)).toEqual(['a done', 'b ready', 'd found']);
  expect(app.batch.state.phase).toBe('finished');
  stop();
});
