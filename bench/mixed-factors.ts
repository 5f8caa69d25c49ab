/**
 * How near a mixture of what the network answers for two noise factors comes to its own answer for a third, which the mixture
 * stands in for while a slider moves: noisy sample pictures, at the factors between two neighbours
 * where it is worst. Beside it how far the nearer neighbour alone is away.
 *
 *   npm run bench -- bench/mixed-factors.ts [model]
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { prepareSharp } from '../engine/images/prepare.ts';
import { root } from './engine-parts.ts';
import { productIn } from './product.ts';

const model = process.argv[2] ?? 'photo-small';
const neighbours = [0.038, 0.057, 0.085, 0.128, 0.192];
const samples = ['wine.jpg', 'fig.png', 'dogs.jpg', 'peaks.jpg'];

prepareSharp({ threads: 1 });
const folder = await mkdtemp(join(tmpdir(), 'unspeckle-mixed-'));
const product = productIn(join(folder, 'home'));

/** Its pixels, 8 bit. */
async function cleaned(picture: string, noiseFactor: number): Promise<Buffer> {
  const out = join(folder, `out-${noiseFactor}`);
  await rm(out, { recursive: true, force: true });
  product('clean', picture, '--out', out, '--noise-factor', String(noiseFactor), '--model', model, '--format', 'png'); // prettier-ignore
  const [name] = await readdir(out);
  return sharp(join(out, name!)).removeAlpha().raw().toBuffer();
}

/** Of two pictures: mean and largest difference in 8-bit levels. */
function apart(one: Buffer | Float32Array, other: Buffer): string {
  let [sum, most] = [0, 0];
  for (const [at, value] of other.entries()) {
    const off = Math.abs(value - one[at]!);
    sum += off;
    most = Math.max(most, off);
  }
  return `${(sum / other.length).toFixed(2)} (${most.toFixed(0)})`;
}

console.log('picture      factor  between        mixture: mean (most)  nearer neighbour');
try {
  for (const sample of samples) {
    const picture = join(root, 'samples/noisy', sample);
    for (const [at, lower] of neighbours.slice(0, -1).entries()) {
      const upper = neighbours[at + 1]!;
      const factor = Number(Math.sqrt(lower * upper).toFixed(3));
      const [below, own, above] = [await cleaned(picture, lower), await cleaned(picture, factor), await cleaned(picture, upper)]; // prettier-ignore
      const share = (factor - lower) / (upper - lower);
      const mixture = Float32Array.from(own, (_, i) => (1 - share) * below[i]! + share * above[i]!);
      const nearer = share < 0.5 ? below : above;
      console.log(
        `${sample.padEnd(12)} ${factor.toFixed(3)}   ${lower}–${upper}`.padEnd(38) +
          `${apart(mixture, own).padEnd(20)}  ${apart(nearer, own)}`,
      );
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
