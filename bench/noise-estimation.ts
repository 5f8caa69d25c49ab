/**
 * How well the noise of pictures is measured, beside two published estimators, as the tables of
 * docs/experiments.md: `node bench/run.mjs bench/noise-estimation.ts [sets, comma separated] [sigmas]`.
 * Test pictures: UNSPECKLE_TEST_DATA.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import type { Raster } from '../model/image.ts';
import { estimateNoise } from '../model/noise/estimate.ts';
import { standardNormal } from '../model/noise/gaussian.ts';
import { Random } from '../model/noise/random.ts';

const root = resolve(process.env['UNSPECKLE_TEST_DATA'] ?? join(import.meta.dirname, '../../shared/data'));
const [sets = 'CBSD68,BSD68,Kodak24-half,McMaster-half,Set12', sigmas = '0,2,5,10,15,25,50'] =
  process.argv.slice(2);

/** Each gives the noise in 8-bit levels, mean over channels. */
const estimators: Record<string, (raster: Raster) => number> = {
  ours: (raster) => 255 * estimateNoise(raster).noiseFactor,
  'wavelet MAD': (raster) => 255 * meanOverChannels(raster, waveletDeviation),
  Immerkær: (raster) => 255 * meanOverChannels(raster, immerkaerDeviation),
};

async function loadPicture(file: string): Promise<Raster<Float32Array>> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const channels = info.channels === 1 ? 1 : 3;
  return {
    width: info.width,
    height: info.height,
    channels,
    samples: Float32Array.from(data, (v) => v / 255),
  };
}

function addNoise(clean: Raster<Float32Array>, sigma: number, seed: number): Raster<Float32Array> {
  const random = new Random(seed);
  const samples = clean.samples.map((value) => value + (sigma / 255) * standardNormal(random));
  return { ...clean, samples };
}

/** As a file of 8 bits holds it. */
function clipAndRound(raster: Raster<Float32Array>): Raster {
  return {
    ...raster,
    samples: Uint8Array.from(raster.samples, (v) => Math.round(255 * Math.min(1, Math.max(0, v)))),
  };
}

/** One channel as values in [0, 1]. */
function plane({ samples, channels }: Raster, channel: number): Float32Array {
  const unit = samples instanceof Uint8Array ? 1 / 255 : 1;
  return Float32Array.from(
    { length: samples.length / channels },
    (_, i) => samples[i * channels + channel]! * unit,
  );
}

function meanOverChannels(
  raster: Raster,
  measure: (p: Float32Array, w: number, h: number) => number,
): number {
  let sum = 0;
  for (let c = 0; c < raster.channels; c++) sum += measure(plane(raster, c), raster.width, raster.height);
  return sum / raster.channels;
}

/** Donoho and Johnstone 1994: median of |diagonal detail| / 0.6745, with the Haar wavelet. */
function waveletDeviation(p: Float32Array, width: number, height: number): number {
  const details: number[] = [];
  for (let y = 0; y + 1 < height; y += 2) {
    for (let x = 0; x + 1 < width; x += 2) {
      const at = y * width + x;
      details.push(Math.abs(p[at]! - p[at + 1]! - p[at + width]! + p[at + width + 1]!) / 2);
    }
  }
  return Float32Array.from(details).sort()[details.length >> 1]! / 0.6745;
}

/** Immerkær, "Fast Noise Variance Estimation", 1996. */
function immerkaerDeviation(p: Float32Array, width: number, height: number): number {
  let sum = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const sides = p[at - 1]! + p[at + 1]! + p[at - width]! + p[at + width]!;
      const corners = p[at - width - 1]! + p[at - width + 1]! + p[at + width - 1]! + p[at + width + 1]!;
      sum += Math.abs(corners - 2 * sides + 4 * p[at]!);
    }
  }
  return (Math.sqrt(Math.PI / 2) * sum) / (6 * (width - 2) * (height - 2));
}

const within = (estimate: number, sigma: number): boolean =>
  Math.abs(estimate - sigma) <= Math.max(1, sigma / 10);

for (const set of sets.split(',')) {
  const folder = join(root, 'test', set);
  if (!existsSync(folder)) {
    console.log(`no pictures at ${folder} (set UNSPECKLE_TEST_DATA)`);
    continue;
  }
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.png'))
    .sort();
  const pictures = await Promise.all(files.map((file) => loadPicture(join(folder, file))));
  for (const clipped of [false, true]) {
    console.log(
      `\n${set}, ${files.length} pictures, ${clipped ? 'clipped and rounded to 8 bit' : 'not clipped'}\n`,
    );
    console.log(
      `| σ | ${Object.keys(estimators).join(' | ')} |\n|---|${Object.keys(estimators)
        .map(() => '---|')
        .join('')}`,
    );
    for (const sigma of sigmas.split(',').map(Number)) {
      const readings = new Map(Object.keys(estimators).map((name) => [name, [] as number[]]));
      for (const [index, picture] of pictures.entries()) {
        const noisy = addNoise(picture, sigma, index);
        const given = clipped ? clipAndRound(noisy) : noisy;
        for (const [name, estimate] of Object.entries(estimators)) readings.get(name)!.push(estimate(given));
      }
      const cells = [...readings.values()].map((values) => {
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
        const share = values.filter((value) => within(value, sigma)).length / values.length;
        return `${mean.toFixed(2)} (${deviation.toFixed(2)}) ${(100 * share).toFixed(0)} %`;
      });
      console.log(`| ${sigma} | ${cells.join(' | ')} |`);
    }
  }
}
