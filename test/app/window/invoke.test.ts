import fc from 'fast-check';
import { expect, test } from 'vitest';
import { windowMethods } from '../../../contract/window-api.ts';
import { useWorkshop, type Workshop } from '../workshop.ts';
import { TestWindow } from './window-bench.ts';

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => ({ workshop, enginePath } = made));

/** Everything a window does that a host would do for it. */
const untouched = (window: TestWindow) => expect(window.host.done).toEqual([]);

test('a call that is no call of the contract is answered with a failure and does nothing', async () => {
  const window = new TestWindow(workshop.app(enginePath));
  const odd: unknown[] = [
    undefined,
    null,
    1,
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'startClean',
    {},
    [],
    { toString: () => 'hello' },
  ];
  for (const method of odd) {
    expect(await window.app.invoke(method, {}), String(method)).toMatchObject({
      ok: false,
      code: 'request-invalid',
    });
  }
  untouched(window);
});

test('S3: requests that are wrong, huge, cyclic or malicious are refused by every method', async () => {
  const window = new TestWindow(workshop.app(enginePath));
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const hostile = {
    get rows(): never {
      throw new Error('a trap');
    },
  };
  const requests: unknown[] = [
    undefined,
    null,
    'x',
    [],
    cyclic,
    hostile,
    JSON.parse('{"__proto__":{"polluted":1}}'),
    { more: 1 },
    { rows: ['x'.repeat(65)] },
    { rows: Array(100_001).fill('r1') },
    { model: 'x'.repeat(9_000_000) },
    new Proxy({}, { ownKeys: () => ['a', 'a'] }),
  ];
  for (const method of windowMethods) {
    for (const request of requests) {
      expect(await window.app.invoke(method, request), method).toMatchObject({
        ok: false,
        code: 'request-invalid',
      });
    }
  }
  untouched(window);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('S4: addresses that mean nothing, by signs that begin nothing among others, are refused as such', async () => {
  const window = new TestWindow(workshop.app(enginePath));
  for (const path of [
    '/output/%',
    '/results/%/en',
    '/results/000001-abc/%',
    '/model/%E0%A4%A',
    '/onnx/%zz',
    '/training/preview/%/0/noisy',
    '/nothing',
  ]) {
    const answer = await window.app.fetch(new Request(`http://h${path}`));
    expect([path, answer.status, await answer.json()]).toMatchObject([
      path,
      400,
      { code: 'request-invalid' },
    ]);
  }
});

test('S4: whatever a window sends, the answer is a value, and no path of its own is ever taken', async () => {
  await workshop.picture('a.png');
  const window = new TestWindow(workshop.app(enginePath));
  await window.add(workshop.pictures);
  const before = workshop.listing(workshop.folder);
  // What asks the person or lets the engine work is tried in tests of its own.
  const tame = windowMethods.filter(
    (method) => !['startBatch', 'hello', 'describeMachine', 'changeSettings', 'savePreset'].includes(method),
  );
  const word = fc.constantFrom(
    '/etc/passwd',
    '../..',
    workshop.pictures,
    'all',
    'r1',
    'p1',
    'v1',
    '000001-abc',
    '',
  );
  const value = fc.oneof(
    word,
    fc.constantFrom(null, 0, -1, NaN, 1e309, true),
    fc.array(word, { maxLength: 3 }),
  );
  const keys = [
    'rows',
    'row',
    'place',
    'places',
    'batch',
    'view',
    'model',
    'name',
    'show',
    'what',
    'page',
    'choices',
  ];
  const request = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...tame), request, async (method, body) => {
      const reply = await window.app.invoke(method, body);
      expect(typeof reply.ok).toBe('boolean');
      if (!reply.ok) expect(reply.code).not.toBe('internal');
    }),
    { numRuns: 400 },
  );
  expect(Object.keys(workshop.listing(workshop.pictures))).toEqual(['a.png']);
  const after = Object.keys(workshop.listing(workshop.folder)).filter((name) => !name.startsWith('home/'));
  expect(after).toEqual(Object.keys(before).filter((name) => !name.startsWith('home/')));
  expect(window.host.done.filter((what) => what.startsWith('reveal'))).toEqual([]);
});
