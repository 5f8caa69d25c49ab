import { AppError, failureOf, type Reply } from '../../contract/errors.ts';
import { windowRequests, type WindowApi, type WindowMethod } from '../../contract/window-api.ts';
import { phrase } from '../../contract/texts/fill-in.ts';

/** Characters of a request as JSON; the longest that makes sense names 100,000 rows. */
const longestRequest = 8_000_000;

/**
 * Answers a call whatever it holds: only what the contract knows is passed on, and what goes wrong is a value.
 * @param log gets what no person can do anything about
 */
export async function invoke(
  api: WindowApi,
  method: unknown,
  request: unknown,
  log: (line: string) => void,
): Promise<Reply<unknown>> {
  try {
    const known = knownMethod(method);
    const wanted = parseRequest(known, request);
    const answer = api[known] as (request: unknown) => Promise<unknown>;
    return { ok: true, value: await answer(wanted) };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.code === 'internal')
      log(`window: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
    return { ok: false, ...failure };
  }
}

/** @throws AppError `request-invalid` */
function knownMethod(method: unknown): WindowMethod {
  if (typeof method === 'string' && Object.hasOwn(windowRequests, method)) return method as WindowMethod;
  throw new AppError('request-invalid', { reason: phrase('request-unknown-method') });
}

/** @throws AppError `request-invalid` */
function parseRequest(method: WindowMethod, request: unknown): unknown {
  try {
    if ((JSON.stringify(request) ?? '').length > longestRequest) throw new Error('too long');
    return windowRequests[method].parse(request);
  } catch (error) {
    const text = error instanceof Error ? error.message.slice(0, 200).replace(/\s+/g, ' ') : 'not readable';
    throw new AppError(
      'request-invalid',
      { reason: phrase('request-not-readable', { method, text }) },
      { cause: error },
    );
  }
}
