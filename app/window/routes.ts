import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { AppError, failureOf, type ErrorCode, type Failure } from '../../contract/errors.ts';
import type { ModelForm } from '../../contract/window-api.ts';
import { viewTile, type ViewTile } from '../../contract/view.ts';
import { phrase, verbatim } from '../../contract/texts/fill-in.ts';
import { isNoteLanguage } from '../../contract/texts/left-out.ts';
import { bodyOf } from './body-of.ts';
import { trainingImage } from './training/training-images.ts';
import { withDroppedNames } from './upload-names.ts';
import type { WindowState } from './window-state.ts';

/** A tile is named in a few hundred characters. */
const longestTile = 64 * 1024;

/**
 * Pixels and files, by address. A failure is JSON with a status of 400 or above; that the view of the pixels was closed
 * meanwhile, or nobody waits for them any more, is JSON with a status of 200: a page that moves on does nothing wrong.
 */
export async function answerFetch(state: WindowState, request: Request): Promise<Response> {
  try {
    return await route(state, request);
  } catch (error) {
    const failure = withDroppedNames(failureOf(error), state.parts.places.uploads);
    return refused(failure, statusOf(failure.code));
  }
}

function refused(failure: Failure, status: number): Response {
  return Response.json({ ok: false, ...failure }, { status, headers: unkept });
}

const unkept = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function route(state: WindowState, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const [, kind = '', id = '', ...rest] = pathname.split('/');
  if (rest.length === 0 && request.method === 'POST' && pathname === '/pixels') return pixels(state, request);
  if (rest.length === 0 && id !== '' && request.method === 'GET') {
    const name = decoded(id);
    if (kind === 'output') return output(state, name);
    if (kind === 'model') return model(state, name, 'archive');
    if (kind === 'onnx') return model(state, name, 'onnx');
  }
  if (kind === 'results' && rest.length === 1 && request.method === 'GET') {
    return results(state, decoded(id), rest[0]!);
  }
  if (kind === 'training' && request.method === 'GET') return picture(state, [id, ...rest]);
  throw new AppError('request-invalid', { reason: phrase('request-unknown-address') });
}

/** @throws AppError `request-invalid` for a percent sign that begins nothing */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw new AppError('request-invalid', { reason: phrase('request-unknown-address') }, { cause: error });
  }
}

/** A picture of a training. */
async function picture(
  { parts: { training }, surveys }: WindowState,
  parts: readonly string[],
): Promise<Response> {
  const png = await trainingImage(parts.map(decoded), { training, surveys });
  return new Response(new Uint8Array(png), { headers: { ...unkept, 'content-type': 'image/png' } });
}

function statusOf(code: ErrorCode): number {
  if (
    [
      'row-not-found',
      'output-not-found',
      'batch-not-found',
      'results-not-found',
      'model-not-found',
      'training-not-found',
      'place-not-found',
    ].includes(code)
  )
    return 404;
  return code === 'request-invalid' || code === 'argument-invalid' ? 400 : 500;
}

/** What comes of a view that was left. */
const left: readonly ErrorCode[] = ['view-not-found', 'cancelled'];

async function pixels({ views }: WindowState, request: Request): Promise<Response> {
  const tile = await tileOf(request);
  const found = await views.pixels(tile, request.signal).catch((error: unknown) => {
    const failure = failureOf(error);
    if (!left.includes(failure.code)) throw error;
    return failure;
  });
  if ('code' in found) return refused(found, 200);
  const { png, complete } = found;
  const headers = { ...unkept, 'content-type': 'image/png', 'x-complete': String(complete) };
  return new Response(new Uint8Array(png), { headers });
}

/** @throws AppError `request-invalid` */
async function tileOf(request: Request): Promise<ViewTile> {
  try {
    const text = await shortText(request);
    return viewTile.parse(JSON.parse(text));
  } catch (error) {
    if (request.signal.aborted) throw error;
    const text = error instanceof Error ? error.message.slice(0, 200).replace(/\s+/g, ' ') : 'not readable';
    throw new AppError('request-invalid', { reason: verbatim(text) }, { cause: error });
  }
}

async function shortText({ body }: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > longestTile) throw new Error('too long');
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function output({ outputs }: WindowState, row: string): Promise<Response> {
  const path = await outputs.find(row);
  const { size } = await stat(path);
  return new Response(bodyOf(createReadStream(path)), { headers: downloadHeaders(basename(path), size) });
}

async function results({ results: all }: WindowState, batch: string, language: string): Promise<Response> {
  if (!isNoteLanguage(language)) {
    throw new AppError('request-invalid', { reason: phrase('request-unknown-address') });
  }
  const { name, stream } = await all.archive(batch, language);
  return new Response(bodyOf(stream), { headers: downloadHeaders(name, null) });
}

async function model({ models }: WindowState, id: string, form: ModelForm): Promise<Response> {
  const { name, bytes } = await models.file(id, form);
  return new Response(new Uint8Array(bytes), { headers: downloadHeaders(name, bytes.length) });
}

const types: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.zip': 'application/zip',
};

/**
 * The name in both forms of RFC 6266: plain for old clients, and whole.
 * @param bytes null where nobody knows beforehand
 */
function downloadHeaders(name: string, bytes: number | null): Record<string, string> {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const whole = encodeURIComponent(Buffer.from(name).toString('utf8')).replace(
    /['()*!]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
  return {
    ...unkept,
    'content-type': types[extname(name).toLowerCase()] ?? 'application/octet-stream',
    ...(bytes !== null && { 'content-length': String(bytes) }),
    'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${whole}`,
  };
}
