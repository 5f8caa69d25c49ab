import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EngineDescription, FromEngine } from '../../contract/engine-api.ts';
import { AppError } from '../../contract/errors.ts';
import { verbatim } from '../../contract/texts/fill-in.ts';
import type { Handler, Handlers } from '../../engine/channel.ts';
import { serve, type Channel } from '../../engine/serve.ts';

const description: EngineDescription = {
  node: 'v0',
  platform: 'none',
  cores: 1,
  memoryBytes: 1,
  backends: [],
  images: {},
};

/** An engine with the given handlers; what it is not given throws like a bug would. */
function startEngine(given: Partial<Handlers>) {
  const sent: FromEngine[] = [];
  const listeners: ((message: unknown) => void)[] = [];
  const closers: (() => void)[] = [];
  const channel: Channel = {
    pid: 4711,
    send: (message) => void sent.push(message),
    onMessage: (listener) => void listeners.push(listener),
    onClose: (listener) => void closers.push(listener),
  };
  const closed = vi.fn();
  serve(given, channel, closed, () => 7);
  return {
    sent,
    closed,
    receive: (message: unknown) => listeners.forEach((listener) => listener(message)),
    close: () => closers.forEach((closer) => closer()),
    replies: () => sent.filter((message) => message.type === 'reply'),
  };
}

const request = (id: number, method: string, content: unknown = {}) => ({
  type: 'request',
  id,
  method,
  request: content,
});
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('an engine says that it is ready, then gives a sign of life every second', async () => {
  const { sent } = startEngine({});
  expect(sent).toEqual([{ type: 'ready', pid: 4711 }]);
  await vi.advanceTimersByTimeAsync(3000);
  expect(sent.slice(1)).toEqual(Array(3).fill({ type: 'beat', memoryBytes: 7 }));
});

test('a request is answered under its id, after the events of its work', async () => {
  const estimateNoise: Handler<'estimateNoise'> = ({ file }, context) => {
    context.send({ type: 'progress', fraction: 0.5 });
    return Promise.resolve({
      file,
      noiseFactor: 0.1,
      channels: [0.1],
      clean: false,
      area: null,
      method: 'none',
      seconds: 0,
    });
  };
  const engine = startEngine({ estimateNoise });
  engine.receive(request(7, 'estimateNoise', { file: 'a.png' }));
  await settle();
  expect(engine.sent.slice(1)).toMatchObject([
    { type: 'event', id: 7, event: { type: 'progress', fraction: 0.5 } },
    { type: 'reply', id: 7, reply: { ok: true, value: { file: 'a.png', noiseFactor: 0.1 } } },
  ]);
});

test('the error of a person travels with its code, a bug as internal', async () => {
  const engine = startEngine({
    inspectImage: ({ file }) => Promise.reject(new AppError('image-empty', { file })),
    describe: () => Promise.reject(new TypeError('x is undefined')),
  });
  engine.receive(request(1, 'inspectImage', { file: 'b.png' }));
  engine.receive(request(2, 'describe'));
  await settle();
  expect(engine.replies()).toMatchObject([
    { id: 1, reply: { ok: false, code: 'image-empty', details: { file: 'b.png' } } },
    { id: 2, reply: { ok: false, code: 'internal', details: { reason: verbatim('x is undefined') } } },
  ]);
});

test.each(['launchMissiles', 'constructor', '__proto__', 42, null])(
  'the unknown method %s gets an error and the engine goes on',
  async (method) => {
    const engine = startEngine({ describe: () => Promise.resolve(description) });
    engine.receive({ type: 'request', id: 1, method, request: {} });
    engine.receive(request(2, 'describe'));
    await settle();
    expect(engine.replies()).toMatchObject([
      { id: 1, reply: { ok: false, code: 'argument-invalid' } },
      { id: 2, reply: { ok: true } },
    ]);
  },
);

test.each([undefined, null, 'text', 5, [], {}, { type: 'request' }, { type: 'shout', id: 1 }])(
  'the message %s, which nobody can be answered for, harms nothing',
  async (message) => {
    const engine = startEngine({ describe: () => Promise.resolve(description) });
    engine.receive(message);
    engine.receive(request(2, 'describe'));
    await settle();
    expect(engine.replies()).toMatchObject([{ id: 2, reply: { ok: true } }]);
  },
);

/** Works until it is told to stop. */
const endless: Handler<'describe'> = (_request, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

test('only the request that is cancelled stops, and says so', async () => {
  const engine = startEngine({ describe: endless });
  engine.receive(request(1, 'describe'));
  engine.receive(request(2, 'describe'));
  engine.receive({ type: 'cancel', id: 1 });
  engine.receive({ type: 'cancel', id: 99 });
  await settle();
  expect(engine.replies()).toMatchObject([{ id: 1, reply: { ok: false, code: 'cancelled' } }]);
});

test('when the channel closes, running work is stopped and no more signs of life are given', async () => {
  const engine = startEngine({ describe: endless });
  engine.receive(request(1, 'describe'));
  engine.close();
  await settle();
  expect(engine.closed).toHaveBeenCalledOnce();
  expect(engine.replies()).toMatchObject([{ id: 1, reply: { code: 'cancelled' } }]);
  const beats = () => engine.sent.filter(({ type }) => type === 'beat').length;
  const before = beats();
  await vi.advanceTimersByTimeAsync(5000);
  expect(beats()).toBe(before);
});
