import { AppError, failureOf, type Failure } from '../../contract/errors.ts';
import { phrase } from '../../contract/texts/fill-in.ts';

/** More than any request of a window has: all rows of a full queue by their ids. */
export const largestRequest = 8 * 1024 * 1024;
/** More than any picture that can be cleaned. */
export const largestUpload = 8 * 1024 ** 3;

const tooLarge = (limit: number): AppError =>
  new AppError('argument-invalid', {
    parameter: 'body',
    expected: phrase('expect-bytes', { limit }),
    received: phrase('received-more'),
  });

/** The stream, which fails as soon as it has given more than the limit. */
export function atMost(limit: number, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let bytes = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > limit) controller.error(tooLarge(limit));
        else controller.enqueue(chunk);
      },
    }),
  );
}

/**
 * The text of a request.
 * @throws AppError `argument-invalid` when it is larger than the limit
 */
export async function limitedText(request: Request, limit = largestRequest): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  if (request.body === null) return '';
  return new Response(atMost(limit, request.body)).text();
}

/**
 * What a text says as JSON.
 * @throws AppError `argument-invalid`
 */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError('argument-invalid', {
      parameter: 'body',
      expected: phrase('expect-json'),
      received: JSON.stringify(text.slice(0, 40)),
    });
  }
}

/** A failure as a page receives it. */
export function failureResponse(thrown: unknown, status?: number): Response {
  const failure: Failure & { ok: false } = { ok: false, ...failureOf(thrown) };
  return Response.json(failure, { status: status ?? (failure.code === 'internal' ? 500 : 400) });
}
