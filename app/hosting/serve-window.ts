import type { WindowApp } from '../window/window-app.ts';
import { atMost, failureResponse, largestUpload, limitedText } from './bodies.ts';
import { pageFile } from './page-files.ts';

/** A tile's description is a few hundred bytes. */
const largestTile = 64 * 1024;

/**
 * What every host answers to a window's addresses: the built page, pixels, downloads and uploads. The headers of
 * `secured` are the host's part.
 * @returns null where nothing has that address
 */
export async function serveWindow(
  window: WindowApp,
  pages: string,
  request: Request,
): Promise<Response | null> {
  const { pathname, searchParams } = new URL(request.url);
  try {
    if (request.method === 'GET') {
      if (/^\/(?:(?:output|model|onnx)\/[^/]+|results\/[^/]+\/[^/]+|training\/.+)$/.test(pathname))
        return await window.fetch(request);
      return await pageFile(pages, pathname);
    }
    if (request.method !== 'POST') return null;
    if (pathname === '/pixels') return await window.fetch(await withKnownBody(request));
    if (pathname === '/upload') return await upload(window, searchParams, request);
    return null;
  } catch (error) {
    return failureResponse(error);
  }
}

/** The same request with its body in memory, so that nobody behind this needs a limit. */
async function withKnownBody(request: Request): Promise<Request> {
  const body = await limitedText(request, largestTile);
  return new Request(request.url, { method: 'POST', body, signal: request.signal });
}

async function upload(window: WindowApp, asked: URLSearchParams, request: Request): Promise<Response> {
  const path = asked.get('path') ?? '';
  const body = atMost(largestUpload, request.body ?? new Blob([]).stream());
  if (asked.get('use') === 'train') return Response.json(await window.addTrainingUpload(path, body));
  return Response.json(await window.addUpload(path, body, Number.parseInt(asked.get('modified') ?? '')));
}
