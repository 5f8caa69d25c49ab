/**
 * A seeded generator of random numbers that can be split into independent streams, so that a patch's draws
 * do not depend on how many were made before it.
 *
 * The generator is xoshiro128** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators",
 * 2018). Seeds and keys are spread over its state with the finaliser of MurmurHash3 (Appleby). Good for
 * noise and choices, not for secrets.
 */
export class Random {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed an integer; its lowest 32 bits count */
  constructor(seed: number) {
    this.#seed = seed | 0;
    this.#a = mix(this.#seed + GOLDEN);
    this.#b = mix(this.#seed + 2 * GOLDEN);
    this.#c = mix(this.#seed + 3 * GOLDEN);
    this.#d = mix(this.#seed + 4 * GOLDEN) | 1; // the state may not be all zero
  }

  /** A stream of its own. It follows from the seed and the key alone, not from what was drawn here. */
  split(key: number | string): Random {
    let hash = mix(this.#seed ^ GOLDEN);
    if (typeof key === 'number') hash = mix(mix(hash ^ key) + Math.floor(key / 2 ** 32));
    else for (let i = 0; i < key.length; i++) hash = mix(Math.imul(hash, 31) + key.charCodeAt(i));
    return new Random(hash);
  }

  /** Uniform over the 2^32 integers from −2^31 to 2^31 − 1. */
  int32(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result | 0;
  }

  /** Uniform in [0, 1), in steps of 2^-32. */
  uniform(): number {
    return (this.int32() >>> 0) / 2 ** 32;
  }

  /** A uniform integer in [0, limit); limit up to 2^32. */
  below(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  /** True in a share of the cases. */
  chance(share: number): boolean {
    return this.uniform() < share;
  }

  /** Puts a list in random order, in place (Fisher and Yates). */
  shuffle<T>(list: T[]): T[] {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [list[i], list[j]] = [list[j]!, list[i]!];
    }
    return list;
  }
}

/** 2^32 divided by the golden ratio: consecutive multiples differ in many bits. */
const GOLDEN = 0x9e3779b9;

/** A bijection of 32-bit integers in which every input bit changes every output bit half of the time. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
