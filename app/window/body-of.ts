import { Readable } from 'node:stream';
import { ByteLengthQueuingStrategy } from 'node:stream/web';

const aheadBytes = 256 * 1024;

/**
 * A stream as the body of an answer, read as fast as it is taken. Without a strategy of its own it would count chunks
 * where bytes are meant, and read gigabytes ahead.
 */
export function bodyOf(stream: Readable): ReadableStream {
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: aheadBytes });
  return Readable.toWeb(stream, { strategy }) as ReadableStream;
}
