import type { PlannedPicture } from '../../contract/clean.ts';
import { failureOf, type Failure } from '../../contract/errors.ts';
import type { Notice } from '../../contract/notice.ts';
import type { EngineEnd } from '../supervision/engine-process.ts';
import { EngineLost } from '../supervision/engine-process.ts';
import { lostError } from '../supervision/engine-supervisor.ts';

/** One picture on its way through the engine, with what went wrong before. */
export interface Try {
  readonly picture: PlannedPicture;
  /** Ends of the engine while it was at work on this picture. */
  readonly crashes: number;
  /** Largest tile side; null leaves it to the engine. */
  readonly tileLimit: number | null;
  /** The file was found changed since it was planned, and looked at again. */
  readonly lookedAgain: boolean;
}

export const firstTry = (picture: PlannedPicture): Try => ({
  picture,
  crashes: 0,
  tileLimit: null,
  lookedAgain: false,
});

const firstTileLimit = 512;
const leastTileLimit = 128;

const smallerTiles = (limit: number | null): number => (limit === null ? firstTileLimit : limit / 2);

/** After the engine ended: tried once more, by itself, in smaller tiles when memory was short; or why not. */
export function afterCrash(tried: Try, end: EngineEnd, alone: boolean): Try | Failure {
  const crashes = tried.crashes + 1;
  // What hangs by itself once would hang again; in company it is not known which picture it was.
  const guilty = crashes > 1 || (alone && end.kind === 'unresponsive');
  if (guilty) return failureOf(lostError(new EngineLost(end), tried.picture.source));
  return { ...tried, crashes, tileLimit: end.outOfMemory ? smallerTiles(tried.tileLimit) : tried.tileLimit };
}

/** After the engine said that memory is short: in tiles of half the size, as long as that makes sense. */
export function afterMemoryShortage(tried: Try, failure: Failure): Try | Failure {
  const tileLimit = smallerTiles(tried.tileLimit);
  return tileLimit < leastTileLimit ? failure : { ...tried, tileLimit };
}

/** What a result has to say of the tries it took. */
export function noticesOf({ crashes, tileLimit }: Try): Notice[] {
  const notices: Notice[] = [];
  if (crashes > 0) notices.push({ code: 'engine-restarted', details: {} });
  if (tileLimit !== null) notices.push({ code: 'recycled-smaller-tiles', details: {} });
  return notices;
}

export const isFailure = (next: Try | Failure): next is Failure => 'code' in next;
