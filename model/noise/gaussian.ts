import type { Random } from './random.ts';

/**
 * Standard normal numbers by the ziggurat method (Marsaglia and Tsang, "The Ziggurat Method for Generating
 * Random Variables", 2000), with layer and position drawn from different bits as Doornik (2005) asks for.
 * About five times as fast as Box–Muller: 64 patches a second need ten million numbers.
 *
 * The bell exp(−x²/2) is covered by 128 stacked strips of equal area: the lowest holds the tail beyond R.
 * Most draws fall inside the part of a strip that lies wholly under the curve, and cost one comparison.
 */
export function gaussianInto(random: Random, target: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = standardNormal(random);
}

export function standardNormal(random: Random): number {
  for (;;) {
    const bits = random.int32();
    const strip = bits & (STRIPS - 1);
    const x = (bits >> 7) * scale[strip]!; // the upper 25 bits, with sign: uniform over the strip's width
    if (Math.abs(x) < edge[strip + 1]!) return x;
    if (strip === 0) return tail(random, x < 0);
    const height = density(edge[strip]!);
    const heightAbove = density(edge[strip + 1]!);
    if (height + random.uniform() * (heightAbove - height) < density(x)) return x;
  }
}

/** Beyond R: Marsaglia, "Generating a Variable from the Tail of the Normal Distribution", 1964. */
function tail(random: Random, negative: boolean): number {
  for (;;) {
    const x = -Math.log(1 - random.uniform()) / R;
    const y = -Math.log(1 - random.uniform());
    if (2 * y > x * x) return negative ? -(R + x) : R + x;
  }
}

const density = (x: number): number => Math.exp(-0.5 * x * x);

const STRIPS = 128;
/** Where the tail begins, and the area of each strip, for 128 strips (from the paper). */
const R = 3.442619855899;
const AREA = 9.91256303526217e-3;

/**
 * Right edges of the strips: [0] is the width that gives the lowest strip, tail included, the common area;
 * [1] is R; they fall to 0 at [128].
 */
const edge = stripEdges();
/** From a signed 25-bit integer to the width of a strip. */
const scale = Float64Array.from(edge, (width) => width / 2 ** 24);

function stripEdges(): Float64Array {
  const edges = new Float64Array(STRIPS + 1);
  edges[0] = AREA / density(R);
  edges[1] = R;
  for (let i = 2; i < STRIPS; i++) {
    const previous = edges[i - 1]!;
    edges[i] = Math.sqrt(-2 * Math.log(AREA / previous + density(previous)));
  }
  return edges;
}
