import type { Page } from 'playwright';
import type { Reply } from '../../contract/errors.ts';
import type { ViewTile } from '../../contract/view.ts';
import type { WindowAnswer, WindowMethod, WindowRequest } from '../../contract/window-api.ts';
import type { WindowHost } from '../../contract/window-host.ts';

/** A host whose calls the compiler does not tell apart: between processes it could not. */
interface AnyHost {
  invoke(method: string, request: unknown): Promise<unknown>;
}

/** A call as the window itself makes it. */
export async function call<M extends WindowMethod>(
  page: Page,
  method: M,
  request: WindowRequest<M>,
): Promise<WindowAnswer<M>> {
  const reply = await page.evaluate(
    async ([name, body]) => {
      const { host } = window as unknown as { host?: AnyHost };
      if (host) return host.invoke(name, body);
      const init = {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      };
      const answer = await fetch(new URL(`invoke/${name}`, location.href), init);
      return answer.json() as Promise<unknown>;
    },
    [method, request] as const,
  );
  const answer = reply as Reply<WindowAnswer<M>>;
  if (!answer.ok) throw new Error(`${method}: ${answer.code}: ${answer.message}`);
  return answer.value;
}

/** The pixels of a tile as the window gets them: a PNG file. */
export async function tilePixels(page: Page, tile: ViewTile): Promise<Buffer> {
  const base64 = await page.evaluate(async (wanted) => {
    const { host } = window as unknown as { host?: WindowHost };
    let png: Blob;
    if (host) {
      const reply = await host.pixels(wanted, new AbortController().signal);
      if (!reply.ok) throw new Error(reply.message);
      png = reply.value.png;
    } else {
      const init = {
        method: 'POST',
        body: JSON.stringify(wanted),
        headers: { 'content-type': 'application/json' },
      };
      const answer = await fetch(new URL('pixels', location.href), init);
      if (!answer.ok) throw new Error(await answer.text());
      png = await answer.blob();
    }
    const bytes = new Uint8Array(await png.arrayBuffer());
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  }, tile);
  return Buffer.from(base64, 'base64');
}
