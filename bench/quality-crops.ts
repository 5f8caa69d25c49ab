/**
 * Crops to look at, pixel for pixel: noisy, cleaned by each bundled model, clean.
 *
 *   node bench/run.mjs bench/quality-crops.ts          samples with Gaussian noise of three factors, told to the models:
 *                                                      docs/quality-gaussian.png
 *   node bench/run.mjs bench/quality-crops.ts --real   one photograph of each set of real pairs in UNSPECKLE_TEST_DATA, with
 *                                                      the factor that is measured: out/quality-real.png
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { drawContactSheet, type SheetRow } from '../engine/images/contact-sheet.ts';
import { decodePage } from '../engine/images/decode.ts';
import { openImage } from '../engine/images/open.ts';
import { prepareSharp } from '../engine/images/prepare.ts';
import { gaussianInto } from '../model/noise/gaussian.ts';
import { Random } from '../model/noise/random.ts';
import { root } from './engine-parts.ts';
import { productIn } from './product.ts';

interface Pair {
  readonly noisy: string;
  readonly clean: string;
  /** What the models are told: a noise factor, or `auto`. */
  readonly told: string;
}

const models = ['gaussian-small', 'photo-small'];
/** Samples, and the noise factors they get. */
const synthetic = [
  { sample: 'fig.png', noiseFactor: 0.06 },
  { sample: 'peaks.jpg', noiseFactor: 0.1 },
  { sample: 'dogs.jpg', noiseFactor: 0.2 },
];
const realSets = ['PolyU', 'CC15', 'Nam25'];
const crop = { width: 220, height: 220, gap: 8 };
const signal = new AbortController().signal;

const { values } = parseArgs({ options: { real: { type: 'boolean', default: false } } });
const data = resolve(root, process.env['UNSPECKLE_TEST_DATA'] ?? '../shared/data', 'real');
const output = join(root, values.real ? 'out/quality-real.png' : 'docs/quality-gaussian.png');

prepareSharp({ threads: 1 });
const folder = await mkdtemp(join(tmpdir(), 'unspeckle-crops-'));
try {
  const pairs = values.real ? await realPairs() : await syntheticPairs();
  const rows = await Promise.all(pairs.map(async (pair, at) => rowOf(pair, await cleaned(pair, at))));
  await writeFile(output, await drawContactSheet(rows, 'png', crop));
  console.log(`${relative(root, output)}: noisy, ${models.join(', ')}, clean`);
} finally {
  await rm(folder, { recursive: true });
}

/** The middle one of each set. */
async function realPairs(): Promise<Pair[]> {
  return Promise.all(
    realSets.map(async (set) => {
      const names = (await readdir(join(data, set, 'noisy'))).sort();
      const name = names[names.length >> 1]!;
      return { noisy: join(data, set, 'noisy', name), clean: join(data, set, 'clean', name), told: 'auto' };
    }),
  );
}

/** Noise as files have it: clipped and rounded to 8 bit. */
async function syntheticPairs(): Promise<Pair[]> {
  return Promise.all(
    synthetic.map(async ({ sample, noiseFactor }, seed) => {
      const [noisy, clean] = [join(folder, `${seed}-noisy.png`), join(folder, `${seed}-clean.png`)];
      await sharp(join(root, 'samples/clean', sample))
        .autoOrient()
        .removeAlpha()
        .png()
        .toFile(clean);
      const { data: samples, info } = await sharp(clean).raw().toBuffer({ resolveWithObject: true });
      const noise = new Float32Array(samples.length);
      gaussianInto(new Random(seed), noise);
      const levels = Uint8ClampedArray.from(samples, (level, i) => level + 255 * noiseFactor * noise[i]!);
      const raw = { width: info.width, height: info.height, channels: info.channels };
      await sharp(levels, { raw }).png().toFile(noisy);
      return { noisy, clean, told: String(noiseFactor) };
    }),
  );
}

/** The picture as each model cleans it, through the product's command line. */
async function cleaned({ noisy, told }: Pair, at: number): Promise<string[]> {
  const product = productIn(join(folder, 'home'));
  const files: string[] = [];
  for (const model of models) {
    const out = join(folder, `${at}-${model}`);
    product('clean', noisy, '--out', out, '--name', 'result', '--model', model, '--noise-factor', told);
    const [name] = await readdir(out);
    files.push(join(out, name!));
  }
  return files;
}

async function rowOf({ noisy, clean }: Pair, answers: readonly string[]): Promise<SheetRow> {
  const files = [noisy, ...answers, clean];
  return Promise.all(files.map(async (file) => decodePage(await openImage(file, { signal }), 0)));
}
