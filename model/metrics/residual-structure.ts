import type { ResidualVerdict } from '../../contract/view.ts';
import type { FloatImage } from '../image.ts';

/**
 * Tells whether what was removed from a picture is noise, or holds structure of the picture too.
 *
 * The residual of a good denoiser looks like noise (the "method noise" of Buades, Coll and Morel, "A review of image
 * denoising algorithms, with a new one", 2005): whatever is correlated in it beyond the noise's own correlation was
 * picture. Two things are looked for, because structure is eaten in two ways:
 * - Unevenly: edges and patterns lie in some places and not in others. The residual's autocorrelation, normalised
 *   in each block as whiteness tests do (Lanza, Morigi, Sciacchitano and Sgallari, "Whiteness constraints in a
 *   unified variational framework for image restoration", 2018), then has a tail upwards that noise does not have,
 *   however smooth the noise is and however its strength changes with brightness: noise has the same spectrum
 *   everywhere. The direction that shows the most counts, because lines are correlated along themselves only.
 * - Evenly: weak texture all over, which a network told too much noise takes away. Its correlation reaches far where
 *   that of noise has died out. At 3 pixels noise smoothed by a Gaussian has the ninth power of what it has at one
 *   (exp(−d²/4s²)), and what is beyond that is texture.
 *
 * Measured on 384 × 384 pixels in the middle of the 12 pictures of Kodak24-half and the 5 of samples/clean, Gaussian
 * noise of 0.04, 0.1 and 0.16 clipped and rounded, lowest / median / highest of the larger of the two:
 *
 *   the noise itself (correct)           0.000 / 0.003 / 0.083
 *   gaussian-small told the truth        0.000 / 0.001 / 0.047
 *   gaussian-small told 1.4 times it     0.000 / 0.006 / 0.272
 *   gaussian-small told twice it         0.008 / 0.047 / 0.456
 *   Gaussian blur of 1.5 pixels          0.002 / 0.095 / 0.676
 *   median of 3 × 3                      0.004 / 0.028 / 0.621
 *
 * The highest of the first two are one nearly black picture: clipping noise brightens it, which is structure. The
 * lowest of the last three are strong noise, which hides what was lost. Hence the limits: of what the network removed
 * when told the truth 49 of 51 are noise only and none is structure; told twice as much, 1 is noise only and 23 are
 * structure. All of these remove far more than a level; of weak noise the same shares are nothing anybody could see.
 */
export function judgeResidual(noisy: FloatImage, denoised: FloatImage): Omit<ResidualVerdict, 'noiseFactor'> {
  const residual = { ...noisy, samples: noisy.samples.map((value, i) => value - denoised.samples[i]!) };
  const removed = deviationOf(residual.samples);
  if (removed < NOTHING) return { verdict: 'nothing-removed', structure: 0, removed };
  const places = placesOf(noisy);
  subtractMeans(residual, places);
  const blocks = places.map((place) => readBlock(residual, place)).filter(({ power }) => power > 0);
  const structure = Math.min(1, Math.max(0, unevenness(blocks), farCorrelation(blocks)));
  return { verdict: verdictOf(structure, removed), structure, removed };
}

/** Correlation is about the share of detail in the removed power: of less than rounding takes nobody is to be warned. */
function verdictOf(structure: number, removed: number): ResidualVerdict['verdict'] {
  if (structure < NOISE_ONLY) return 'noise-only';
  if (removed * Math.sqrt(structure) < NOTHING) return 'trace';
  return structure < STRUCTURE ? 'some-structure' : 'structure';
}

/** Half a level of 8 bit: rounding alone removes as much. */
const NOTHING = 0.5 / 255;
const NOISE_ONLY = 0.018;
const STRUCTURE = 0.05;

/** Sides of blocks: about as many samples in grey as in colour, so that chance scatters alike. */
const SIDE = { 1: 24, 3: 16 } as const;
/** Along rows, columns and both diagonals. */
const DIRECTIONS = [
  { x: 1, y: 0 },
  { x: 0, y: 1 },
  { x: 1, y: 1 },
  { x: 1, y: -1 },
] as const;
/** The farthest lag that is read. */
const REACH = 3;
/** A block with a larger share of black or white samples holds clipped noise, whose mean follows the picture. */
const CLIPPED_SHARE = 0.05;
/** Of blocks that are not clipped; where there are fewer, all are taken. */
const FEWEST_BLOCKS = 16;

/** The first pixel of a block. */
interface Place {
  readonly x: number;
  readonly y: number;
}

/** The blocks that say something of the noise: those that are not clipped, or all where there are too few. */
function placesOf(noisy: FloatImage): Place[] {
  const side = SIDE[noisy.channels];
  const places: Place[] = [];
  for (let y = REACH; y + side + REACH <= noisy.height; y += side) {
    for (let x = REACH; x + side + REACH <= noisy.width; x += side) places.push({ x, y });
  }
  const whole = places.filter((place) => {
    let clipped = 0;
    eachSample(noisy, place, (i) => (clipped += noisy.samples[i]! <= 0 || noisy.samples[i]! >= 1 ? 1 : 0));
    return clipped <= CLIPPED_SHARE * side * side * noisy.channels;
  });
  return whole.length < FEWEST_BLOCKS ? places : whole;
}

function eachSample({ width, channels }: FloatImage, { x, y }: Place, visit: (index: number) => void): void {
  const side = SIDE[channels];
  for (let row = y; row < y + side; row++) {
    const first = (row * width + x) * channels;
    for (let i = first; i < first + side * channels; i++) visit(i);
  }
}

/** Takes the mean of each channel over the blocks away, in place: of clipped parts it would be another. */
function subtractMeans(residual: FloatImage, places: readonly Place[]): void {
  const { channels, samples } = residual;
  const sums = new Float64Array(channels);
  for (const place of places) eachSample(residual, place, (i) => (sums[i % channels]! += samples[i]!));
  const pixels = places.length * SIDE[channels] ** 2;
  if (pixels > 0) for (let i = 0; i < samples.length; i++) samples[i]! -= sums[i % channels]! / pixels;
}

/** Sums over the samples of one block: of squares, and of products with the neighbour at a lag. */
interface Block {
  readonly power: number;
  /** By direction: mean of the lags 1 and 2. */
  readonly near: readonly number[];
  /** Along rows and columns, lag 1 and lag 3. */
  readonly one: number;
  readonly three: number;
}

function readBlock(residual: FloatImage, place: Place): Block {
  const { width, channels, samples } = residual;
  const offset = ({ x, y }: Place, lag: number) => lag * (y * width + x) * channels;
  const lags = [1, 2].flatMap((lag) => DIRECTIONS.map((direction) => offset(direction, lag)));
  lags.push(offset(DIRECTIONS[0], 3), offset(DIRECTIONS[1], 3));
  const sums = new Float64Array(lags.length);
  let power = 0;
  eachSample(residual, place, (i) => {
    const value = samples[i]!;
    power += value * value;
    for (let lag = 0; lag < lags.length; lag++) sums[lag]! += value * samples[i + lags[lag]!]!;
  });
  return {
    power,
    near: DIRECTIONS.map((_, i) => (sums[i]! + sums[i + DIRECTIONS.length]!) / 2),
    one: (sums[0]! + sums[1]!) / 2,
    three: (sums[8]! + sums[9]!) / 2,
  };
}

/**
 * How much farther the strongest local correlation reaches up than down, between the 5th and the 95th in 100, less
 * what it would by chance: the standard error of that difference for normal numbers is 3.3 of their deviations,
 * divided by the root of their number. The lower half, where there is no structure, tells the deviation.
 */
function unevenness(blocks: readonly Block[]): number {
  if (blocks.length === 0) return 0;
  const strongest = blocks.map(({ near, power }) => Math.max(...near) / power).sort((a, b) => a - b);
  const at = (share: number) => strongest[Math.round(share * (strongest.length - 1))]!;
  const [low, middle, high] = [at(0.05), at(0.5), at(0.95)];
  const deviation = (middle - low) / 1.645;
  return high - 2 * middle + low - (3.3 * deviation) / Math.sqrt(blocks.length);
}

/** Correlation at 3 pixels beyond what smoothed noise has that is so much correlated at one. */
function farCorrelation(blocks: readonly Block[]): number {
  const total = (of: (block: Block) => number) => blocks.reduce((sum, block) => sum + of(block), 0);
  const power = total((block) => block.power);
  if (power === 0) return 0;
  const atOne = Math.max(0, total((block) => block.one) / power);
  return total((block) => block.three) / power - atOne ** 9;
}

function deviationOf(values: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return Math.sqrt(Math.max(0, squares / values.length - (sum / values.length) ** 2));
}
