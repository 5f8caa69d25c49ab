import type { Reply } from '../contract/errors.ts';
import type { TrainingPlace } from '../contract/training-view.ts';
import type { DroppedFile, WindowHost } from '../contract/window-host.ts';

/**
 * What crosses from the preload into the page: functions that take and give text. Text crosses at once, whatever its
 * length, while objects are copied property by property.
 */
export interface Bridge {
  invoke(method: string, request: string): Promise<string>;
  listen(listener: (event: string) => void): () => void;
  /** `pathless`: which of the files do not lie on a disk, such as a picture pasted from another program. */
  addFiles(files: readonly File[]): Promise<{ readonly reply: string; readonly pathless: readonly number[] }>;
  addTrainingFiles: Bridge['addFiles'];
  forgetTile(tile: number): void;
}

interface Upload {
  readonly added: number;
  readonly place: string | null;
}

/**
 * Makes `window.host` in the page's own world, where an AbortSignal is one: it would not survive the way through the
 * bridge. This function travels as its source text, so it may use nothing from outside itself.
 */
export function assembleHost(bridge: Bridge): void {
  let lastTile = 0;
  const failure = (thrown: unknown) => {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    const details = { reason: { phrase: 'verbatim', details: { text } } } as const;
    return { ok: false, code: 'internal', details, message: text } as const;
  };
  /** Sends the file itself: a model for `importModel`, or a picture that lies on no disk. */
  const upload = async <T>({ file, path }: DroppedFile, use: 'clean' | 'train'): Promise<Reply<T>> => {
    const address = `/upload?use=${use}&path=${encodeURIComponent(path)}`;
    const answer = await fetch(address, { method: 'POST', body: await file.arrayBuffer() });
    return (await answer.json()) as Reply<T>;
  };
  const addAll = async (
    files: readonly DroppedFile[],
  ): Promise<Reply<{ added: number; models: string[] }>> => {
    // As in contract/model-files.ts, which cannot be reached from here.
    const isModel = ({ path }: DroppedFile) => /\.(?:zip|unspeckle|onnx)$/i.test(path);
    const others = files.filter((dropped) => !isModel(dropped));
    const { reply, pathless } = await bridge.addFiles(others.map(({ file }) => file));
    const added = JSON.parse(reply) as Reply<{ added: number }>;
    if (!added.ok) return added;
    const sum = { added: added.value.added, models: [] as string[] };
    for (const dropped of [...files.filter(isModel), ...others.filter((_, at) => pathless.includes(at))]) {
      const sent = await upload<Upload>(dropped, 'clean');
      if (!sent.ok) return sent;
      sum.added += sent.value.added;
      if (sent.value.place !== null) sum.models.push(sent.value.place);
    }
    return { ok: true, value: sum };
  };
  const addToTrain = async (files: readonly DroppedFile[]): Promise<Reply<readonly TrainingPlace[]>> => {
    const { reply, pathless } = await bridge.addTrainingFiles(files.map(({ file }) => file));
    const added = JSON.parse(reply) as Reply<readonly TrainingPlace[]>;
    if (!added.ok) return added;
    const places = [...added.value];
    for (const at of pathless) {
      const sent = await upload<TrainingPlace>(files[at]!, 'train');
      if (!sent.ok) return sent;
      places.push(sent.value);
    }
    return { ok: true, value: places };
  };

  const host: WindowHost = {
    invoke: async (method, request) =>
      JSON.parse(await bridge.invoke(method, JSON.stringify(request))) as never,
    listen: (listener) => bridge.listen((event) => listener(JSON.parse(event) as never)),
    pixels: async (tile, signal) => {
      const number = ++lastTile;
      const forget = () => bridge.forgetTile(number);
      signal.addEventListener('abort', forget);
      try {
        const headers = { 'content-type': 'application/json', 'x-tile': String(number) };
        const answer = await fetch('/pixels', {
          method: 'POST',
          headers,
          body: JSON.stringify(tile),
          signal,
        });
        if (answer.headers.get('content-type') !== 'image/png')
          return { ...((await answer.json()) as object), ok: false } as never;
        const complete = answer.headers.get('x-complete') === 'true';
        return { ok: true, value: { png: await answer.blob(), complete } };
      } catch (thrown) {
        signal.throwIfAborted();
        return failure(thrown);
      } finally {
        signal.removeEventListener('abort', forget);
      }
    },
    takesFolders: true,
    addFiles: (files) => addAll(files).catch(failure),
    addTrainingFiles: (files) => addToTrain(files).catch(failure),
    // Finished pictures are shown where they lie, and models saved through the system's dialog.
    downloadAddress: () => null,
    resultsAddress: () => null,
    modelAddress: () => null,
    imageAddress: (path) => `/${path}`,
  };
  Object.defineProperty(globalThis, 'host', { value: Object.freeze(host), enumerable: true });
}
