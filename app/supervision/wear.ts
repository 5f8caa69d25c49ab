import type { EngineApi } from '../../contract/engine-api.ts';

/** When an engine that works well is replaced all the same: what its libraries lose of memory goes with the process. */
export interface WearLimits {
  /** Pictures that one process is given. */
  readonly pictures: number;
  /** Bytes by which the memory of a process may grow over what it held when it was new. */
  readonly growthBytes: number;
}

export const usualWear: WearLimits = { pictures: 500, growthBytes: 2 ** 30 };

/** Pictures over which the least memory is taken: one large picture among them is no growth. */
const pictureBlock = 20;

const ofPictures: ReadonlySet<keyof EngineApi> = new Set(['cleanImage', 'estimateNoise']);

/** Calls that come in thousands, one a picture, and of which none needs what another left in the process. */
export const isOfPicture = (method: keyof EngineApi): boolean => ofPictures.has(method);

/** How much one engine process was used. */
export class Wear {
  readonly #limits: WearLimits;
  #pictures = 0;
  #leastBytes = Number.POSITIVE_INFINITY;
  /** The least it held over its first pictures. */
  #newBytes: number | null = null;
  #grown = false;

  constructor(limits: WearLimits) {
    this.#limits = limits;
  }

  get pictures(): number {
    return this.#pictures;
  }

  /** It has done its part, and another should take its place. */
  get isOver(): boolean {
    return this.#pictures >= this.#limits.pictures || this.#grown;
  }

  addPicture(): void {
    this.#pictures++;
    if (this.#pictures % pictureBlock !== 0 || !Number.isFinite(this.#leastBytes)) return;
    this.#newBytes ??= this.#leastBytes;
    this.#grown ||= this.#leastBytes - this.#newBytes > this.#limits.growthBytes;
    this.#leastBytes = Number.POSITIVE_INFINITY;
  }

  /** @param bytes that the process holds at a moment, without what it keeps on purpose */
  addMemory(bytes: number): void {
    // Before the first picture no network is loaded yet.
    if (this.#pictures > 0) this.#leastBytes = Math.min(this.#leastBytes, bytes);
  }
}

/** The limits with what the environment sets: `UNSPECKLE_RECYCLE_AFTER`, a number of pictures. */
export function wearLimits(env: Readonly<Record<string, string | undefined>>): WearLimits {
  const pictures = Number(env['UNSPECKLE_RECYCLE_AFTER'] ?? '');
  return Number.isInteger(pictures) && pictures > 0 ? { ...usualWear, pictures } : usualWear;
}
