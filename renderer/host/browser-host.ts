import type { Failure, Reply } from '../../contract/errors.ts';
import { errorTexts } from '../../contract/texts/en.ts';
import { fillIn, saidBy } from '../../contract/texts/fill-in.ts';
import type { TrainingPlace } from '../../contract/training-view.ts';
import type { WindowEvent, WindowListener } from '../../contract/window-api.ts';
import type { DroppedFile, WindowHost } from '../../contract/window-host.ts';
import type { Connection } from './connect.ts';

export type LinkListener = (link: 'found' | 'lost') => void;

/** What a failed connection is called: the app on the other side does not answer. */
function unreachable(thrown: unknown): Failure {
  const details = { reason: saidBy(thrown) };
  return { code: 'app-unreachable', details, message: fillIn(errorTexts['app-unreachable'], details) };
}

/** Speaks to the program that served this page: one route for calls, one stream of events, one for pixels. */
export function browserHost(page: string): Connection {
  const at = (path: string) => new URL(path, page).href;
  const links = new Set<LinkListener>();
  /**
   * Until events are heard, or can't be, nothing is asked: what changes between an answer and the first event would
   * never be told.
   */
  let heard: Promise<void> = Promise.resolve();

  const call = async <T>(path: string, body: BodyInit, type: string): Promise<Reply<T>> => {
    try {
      const answer = await fetch(at(path), { method: 'POST', body, headers: { 'content-type': type } });
      return (await answer.json()) as Reply<T>;
    } catch (thrown) {
      return { ok: false, ...unreachable(thrown) };
    }
  };

  const host: WindowHost = {
    async invoke(method, request) {
      await heard;
      return call(`invoke/${method}`, JSON.stringify(request), 'application/json');
    },
    listen(listener) {
      let settled = () => {};
      heard = new Promise((resolve) => (settled = resolve));
      return listenTo(at('events'), listener, (link) => {
        settled();
        links.forEach((hear) => hear(link));
      });
    },
    async pixels(tile, signal) {
      let answer: Response;
      try {
        answer = await fetch(at('pixels'), {
          method: 'POST',
          body: JSON.stringify(tile),
          headers: { 'content-type': 'application/json' },
          signal,
        });
        if (!isPicture(answer)) return { ok: false, ...((await answer.json()) as Failure) };
        const complete = answer.headers.get('x-complete') === 'true';
        return { ok: true, value: { png: await answer.blob(), complete } };
      } catch (thrown) {
        signal.throwIfAborted();
        return { ok: false, ...unreachable(thrown) };
      }
    },
    readerLanguage: navigator.language,
    takesFolders: false,
    addFiles: (files) => sendAll(files, ({ file, path }) =>
      call<Upload>(`upload?path=${encodeURIComponent(path)}&modified=${file.lastModified}`, file, 'application/octet-stream'),
    ), // prettier-ignore
    addTrainingFiles: (files) => sendToTrain(files, ({ file, path }) =>
      call<TrainingPlace>(`upload?use=train&path=${encodeURIComponent(path)}`, file, 'application/octet-stream'),
    ), // prettier-ignore
    downloadAddress: (row) => at(`output/${encodeURIComponent(row)}`),
    resultsAddress: (batch, language) => at(`results/${encodeURIComponent(batch)}/${language}`),
    modelAddress: (model, form) => at(`${form === 'onnx' ? 'onnx' : 'model'}/${encodeURIComponent(model)}`),
    imageAddress: at,
  };
  return { host, onLink: (listener) => void links.add(listener) };
}

const isPicture = ({ headers }: Response) => headers.get('content-type') === 'image/png';

interface Upload {
  readonly added: number;
  readonly place: string | null;
}

type Sum = { added: number; models: string[] };

/** To the queue. */
async function sendAll(
  files: readonly DroppedFile[],
  send: (file: DroppedFile) => Promise<Reply<Upload>>,
): Promise<Reply<Sum>> {
  const sum: Sum = { added: 0, models: [] };
  const failed = await sendEach(files, send, ({ added, place }) => {
    sum.added += added;
    if (place) sum.models.push(place);
  });
  return failed ?? { ok: true, value: sum };
}

/** To train on: the files of a dropped folder are one place. */
async function sendToTrain(
  files: readonly DroppedFile[],
  send: (file: DroppedFile) => Promise<Reply<TrainingPlace>>,
): Promise<Reply<readonly TrainingPlace[]>> {
  const places = new Map<string, TrainingPlace>();
  const failed = await sendEach(files, send, (place) => void places.set(place.id, place));
  return failed ?? { ok: true, value: [...places.values()] };
}

/**
 * Sends files one after another: side by side the small ones would overtake the large, and the queue, its counter and
 * the arrow keys go through them in the order in which they arrive. The first failure is told, what arrived stays.
 */
async function sendEach<T>(
  files: readonly DroppedFile[],
  send: (file: DroppedFile) => Promise<Reply<T>>,
  take: (value: T) => void,
): Promise<(Failure & { readonly ok: false }) | null> {
  let failed: (Failure & { readonly ok: false }) | null = null;
  for (const file of files) {
    const reply = await send(file);
    if (reply.ok) take(reply.value);
    else failed ??= reply;
  }
  return failed;
}

/** The browser reconnects a lost stream by itself; one that was refused is tried again here. */
function listenTo(address: string, listener: WindowListener, onLink: LinkListener): () => void {
  let source: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource(address);
    source.onopen = () => onLink('found');
    source.onmessage = (message) => listener(JSON.parse(String(message.data)) as WindowEvent);
    source.onerror = () => {
      onLink('lost');
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, 1500);
    };
  };
  open();
  return () => {
    clearTimeout(again);
    source?.close();
  };
}
