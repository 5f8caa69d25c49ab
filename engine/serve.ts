import { engineMethods, type FromEngine, type ToEngine } from '../contract/engine-api.ts';
import { AppError, failureOf, type Reply } from '../contract/errors.ts';
import { phrase } from '../contract/texts/fill-in.ts';
import type { Handlers, RequestContext } from './channel.ts';
import { Outgoing } from './outgoing.ts';

/** Between two signs of life. */
const BEAT_MS = 1000;

/** The process as far as it is a channel; tests put a pair of event emitters in its place. */
export interface Channel {
  readonly pid: number;
  send(message: FromEngine): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
}

/**
 * Answers requests that come down the channel until it closes. Every request gets exactly one reply; a bad
 * message gets an error and harms nothing.
 * @param closed is called once the channel is gone and running requests were told to stop
 * @param memoryBytes what this process holds now, told with every sign of life
 */
export function serve(
  handlers: Partial<Handlers>,
  channel: Channel,
  closed: () => void,
  memoryBytes: () => number,
): void {
  const running = new Map<number, AbortController>();
  const beat = setInterval(() => channel.send({ type: 'beat', memoryBytes: memoryBytes() }), BEAT_MS);

  channel.onMessage((raw) => {
    const message = parseMessage(raw);
    if (!message) return;
    if (message.type === 'cancel') return running.get(message.id)?.abort();
    const stop = new AbortController();
    running.set(message.id, stop);
    void answer(handlers, message, contextOf(channel, message.id, stop.signal)).then((reply) => {
      running.delete(message.id);
      channel.send({ type: 'reply', id: message.id, reply });
    });
  });
  channel.onClose(() => {
    clearInterval(beat);
    for (const stop of running.values()) stop.abort();
    closed();
  });
  channel.send({ type: 'ready', pid: channel.pid });
}

type Request = Extract<ToEngine, { type: 'request' }>;

/** Null for what is not a message at all: without an id there is nobody to answer. */
function parseMessage(raw: unknown): ToEngine | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const { type, id } = raw as Partial<ToEngine>;
  if (typeof id !== 'number' || (type !== 'request' && type !== 'cancel')) return null;
  return raw as ToEngine;
}

function contextOf(channel: Channel, id: number, signal: AbortSignal): RequestContext {
  return { signal, send: (event) => channel.send({ type: 'event', id, event }) };
}

async function answer(
  handlers: Partial<Handlers>,
  { method, request }: Request,
  context: RequestContext,
): Promise<Reply<unknown>> {
  try {
    const known = engineMethods.includes(method) ? handlers[method] : undefined;
    if (!known || typeof request !== 'object' || request === null) {
      const expected = phrase('expect-engine-method');
      throw new AppError('argument-invalid', {
        parameter: 'request',
        expected,
        received: `“${String(method)}”`,
      });
    }
    const handler = known as (request: unknown, context: RequestContext) => Promise<unknown>;
    return { ok: true, value: await handler(request, context) };
  } catch (error) {
    return { ok: false, ...failureOf(error) };
  }
}

/** The channel of a process that was started with one. */
export function processChannel(outgoing = new Outgoing()): Channel {
  if (!process.send) throw new Error('the engine is started by the application, not by hand');
  return {
    pid: process.pid,
    // Nobody is left to be told when the channel has just closed.
    send: (message) =>
      void (process.connected && process.send!(message, undefined, undefined, outgoing.begin())),
    onMessage: (listener) => process.on('message', listener),
    onClose: (listener) => process.on('disconnect', listener),
  };
}
