import type { WindowHost } from '../contract/window-host.ts';

/**
 * What crosses from the preload into the page: functions that take and give text. Text crosses at once, whatever its
 * length, while objects are copied property by property.
 */
export interface Bridge {
  invoke(method: string, request: string): Promise<string>;
  listen(listener: (event: string) => void): () => void;
  /** `pathless`: which of the files do not lie on a disk, such as a picture pasted from another program. */
  addFiles(files: readonly File[]): Promise<{ readonly reply: string; readonly pathless: readonly number[] }>;
  forgetTile(tile: number): void;
}

/**
 * Makes `window.host` in the page's own world, where an AbortSignal is one: it would not survive the way through the
 * bridge. This function travels as its source text, so it may use nothing from outside itself.
 */
export function assembleHost(bridge: Bridge): void {
  let lastTile = 0;
  const failure = (thrown: unknown) => {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return { ok: false, code: 'internal', details: { reason }, message: reason } as const;
  };
  const upload = async (file: File, path: string): Promise<{ ok: boolean; value?: { added: number } }> => {
    const address = `/upload?path=${encodeURIComponent(path)}`;
    const answer = await fetch(address, { method: 'POST', body: await file.arrayBuffer() });
    return (await answer.json()) as { ok: boolean };
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
        if (!answer.ok) return { ...((await answer.json()) as object), ok: false } as never;
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
    addFiles: async (files) => {
      try {
        const { reply, pathless } = await bridge.addFiles(files.map(({ file }) => file));
        const sum = JSON.parse(reply) as { ok: boolean; value: { added: number } };
        for (const index of pathless) {
          const sent = files[index] && (await upload(files[index].file, files[index].path));
          if (sent && !sent.ok) return sent as never;
          if (sum.ok) sum.value.added += sent?.value?.added ?? 0;
        }
        return sum as never;
      } catch (thrown) {
        return failure(thrown);
      }
    },
    // Finished pictures are shown where they lie, and models saved through the system's dialog.
    downloadAddress: () => null,
    modelAddress: () => null,
  };
  Object.defineProperty(globalThis, 'host', { value: Object.freeze(host), enumerable: true });
}
