import type { WindowApp } from '../app/window/window-app.ts';

/** A line now and then, so that neither side takes a quiet connection for a dead one. */
const beatMs = 15_000;
/** A page that is this far behind is let go; it connects again and asks for the state of things. */
const largestBacklog = 32 * 1024 * 1024;

/** The events of the app as server-sent events, one stream for each open window. */
export class EventStreams {
  readonly #window: WindowApp;
  readonly #open = new Set<() => void>();

  constructor(window: WindowApp) {
    this.#window = window;
  }

  /** A stream that goes on until the page leaves. */
  open(): Response {
    let end = (): void => {};
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          end = this.#connect(controller);
        },
        cancel: () => end(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: largestBacklog }),
    );
    return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
  }

  /** Ends all of them. */
  close(): void {
    for (const end of [...this.#open]) end();
  }

  #connect(controller: ReadableStreamDefaultController<Uint8Array>): () => void {
    const encoder = new TextEncoder();
    const send = (text: string): void => {
      if ((controller.desiredSize ?? 0) <= 0) end();
      else controller.enqueue(encoder.encode(text));
    };
    const beat = setInterval(() => send(': beat\n\n'), beatMs);
    beat.unref();
    const silence = this.#window.listen((event) => send(`data: ${JSON.stringify(event)}\n\n`));
    const end = (): void => {
      if (!this.#open.delete(end)) return;
      clearInterval(beat);
      silence();
      try {
        controller.close();
      } catch {
        // The page has left already.
      }
    };
    this.#open.add(end);
    send('retry: 1000\n\n');
    return end;
  }
}
