/**
 * How well the noise of pictures is measured, as the tables of docs/experiments.md:
 * `node bench/run.mjs bench/noise-estimation.ts [gaussian|jpeg|clean|real|time ...] [--sets A,B] [--sigmas 5,50]`.
 * Pictures: UNSPECKLE_TEST_DATA. Values in the tables are 8-bit levels (noise factor × 255).
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import sharp, { type OutputInfo } from 'sharp';
import type { FloatImage, Raster } from '../model/image.ts';
import { estimateNoise } from '../model/noise/estimate.ts';
import { standardNormal } from '../model/noise/gaussian.ts';
import { Random } from '../model/noise/random.ts';

type Measure = (plane: Float32Array, width: number, height: number) => number;

/** Donoho and Johnstone 1994, with the Haar wavelet: median of |diagonal detail| / 0.6745. */
const waveletMad: Measure = (plane, width, height) => {
  const details = new Float32Array((width >> 1) * (height >> 1));
  for (let y = 0, to = 0; y + 1 < height; y += 2) {
    for (let x = 0; x + 1 < width; x += 2, to++) {
      const at = y * width + x;
      const across = plane[at]! - plane[at + 1]!;
      const acrossBelow = plane[at + width]! - plane[at + width + 1]!;
      details[to] = Math.abs(across - acrossBelow) / 2;
    }
  }
  return details.sort()[details.length >> 1]! / 0.6745;
};

/** Immerkær, "Fast Noise Variance Estimation", 1996. */
const immerkaer: Measure = (plane, width, height) => {
  let sum = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const sides = plane[at - 1]! + plane[at + 1]! + plane[at - width]! + plane[at + width]!;
      const above = plane[at - width - 1]! + plane[at - width + 1]!;
      const below = plane[at + width - 1]! + plane[at + width + 1]!;
      sum += Math.abs(above + below - 2 * sides + 4 * plane[at]!);
    }
  }
  return (Math.sqrt(Math.PI / 2) * sum) / (6 * (width - 2) * (height - 2));
};

function overChannels(measure: Measure, { samples, channels, width, height }: Raster): number {
  const unit = samples instanceof Uint8Array ? 1 : 255;
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    const plane = new Float32Array(width * height);
    for (let i = 0; i < plane.length; i++) plane[i] = unit * samples[i * channels + channel]!;
    sum += measure(plane, width, height);
  }
  return sum / channels;
}

/** Each gives the noise in 8-bit levels, mean over channels. */
const estimators: Record<string, (raster: Raster) => number> = {
  ours: (raster) => 255 * estimateNoise(raster).noiseFactor,
  'wavelet MAD': (raster) => overChannels(waveletMad, raster),
  Immerkær: (raster) => overChannels(immerkaer, raster),
};

async function load(file: string): Promise<Raster<Uint8Array>> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { ...sizeOf(info), samples: new Uint8Array(data) };
}

const sizeOf = ({ width, height, channels }: OutputInfo) =>
  ({ width, height, channels: channels === 1 ? 1 : 3 }) as const;

function picturesIn(folder: string, every = 1): string[] {
  if (!existsSync(folder)) throw new Error(`No pictures at ${folder}: set UNSPECKLE_TEST_DATA.`);
  return readdirSync(folder)
    .sort()
    .filter((name) => /\.(png|jpg)$/.test(name))
    .filter((_, index) => index % every === 0)
    .map((name) => join(folder, name));
}

function withNoise({ samples, ...rest }: Raster, sigma: number, seed: number): FloatImage {
  const random = new Random(seed);
  return { ...rest, samples: Float32Array.from(samples, (v) => (v + sigma * standardNormal(random)) / 255) };
}

/** As a file of 8 bits holds it. */
function clipAndRound(image: FloatImage): Raster<Uint8Array> {
  const round = (v: number): number => Math.round(255 * Math.min(1, Math.max(0, v)));
  return { ...image, samples: Uint8Array.from(image.samples, round) };
}

async function throughJpeg(image: Raster<Uint8Array>, quality: number): Promise<Raster<Uint8Array>> {
  const { width, height, channels } = image;
  const encoded = await sharp(image.samples, { raw: { width, height, channels } })
    .jpeg({ quality })
    .toBuffer();
  const { data } = await sharp(encoded).raw().toBuffer({ resolveWithObject: true });
  return { ...image, samples: new Uint8Array(data) };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!;
const fixed = (values: readonly number[], digits = 2): string[] => values.map((v) => v.toFixed(digits));
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const row = (...cells: (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);
function heading(title: string, ...cells: string[]): void {
  console.log(`\n${title}\n`);
  row(...cells);
  row(...cells.map(() => '---'));
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sets: { type: 'string', default: 'CBSD68,BSD68,Kodak24-half,McMaster-half,Set12' },
    sigmas: { type: 'string', default: '0,2,5,10,15,25,50,55' },
  },
});
const root = resolve(process.env['UNSPECKLE_TEST_DATA'] ?? 'no pictures');

async function gaussian(): Promise<void> {
  for (const set of options.sets.split(',')) {
    const pictures = await Promise.all(picturesIn(join(root, 'test', set)).map(load));
    for (const clipped of [false, true]) {
      const how = clipped ? 'clipped and rounded to 8 bit' : 'not clipped';
      heading(`${set}, ${pictures.length} pictures, ${how}`, 'σ', ...Object.keys(estimators));
      for (const sigma of options.sigmas.split(',').map(Number)) {
        const noisy = pictures.map((picture, index) => withNoise(picture, sigma, index));
        const given = clipped ? noisy.map(clipAndRound) : noisy;
        row(sigma, ...Object.values(estimators).map((estimate) => summary(given.map(estimate), sigma)));
      }
    }
  }
}

/** Mean, deviation between pictures, and the share within 10 % or one level. */
function summary(estimates: readonly number[], sigma: number): string {
  const average = mean(estimates);
  const deviation = Math.sqrt(mean(estimates.map((estimate) => (estimate - average) ** 2)));
  const within = estimates.filter((estimate) => Math.abs(estimate - sigma) <= Math.max(1, sigma / 10));
  return `${average.toFixed(2)} (${deviation.toFixed(2)}) ${percent(within.length / estimates.length)}`;
}

const finest = (raster: Raster): number => 255 * mean(estimateNoise(raster).fine?.channels ?? [0]);

async function jpeg(): Promise<void> {
  const pictures = await Promise.all(picturesIn(join(root, 'test', 'Kodak24-half')).map(load));
  heading('Kodak24-half through JPEG (4:2:0)', 'σ', 'quality', 'estimate', 'finest grain', 'MAD', 'left');
  for (const sigma of [0, 5, 15, 25]) {
    for (const quality of [95, 85, 70]) {
      const all = await Promise.all(
        pictures.map(async (clean, index) => {
          const given = await throughJpeg(clipAndRound(withNoise(clean, sigma, index)), quality);
          const left = Math.sqrt(mean(Array.from(given.samples, (v, i) => (v - clean.samples[i]!) ** 2)));
          return [estimators['ours']!(given), finest(given), overChannels(waveletMad, given), left];
        }),
      );
      row(sigma, quality, ...fixed(all[0]!.map((_, column) => mean(all.map((cells) => cells[column]!)))));
    }
  }
}

async function clean(): Promise<void> {
  heading('Clean photographs', 'set', 'pictures', 'median', '90 %', 'called clean');
  for (const [set, every] of [
    ['photos', 2],
    ['CLIC2025', 1],
    ['CID22', 4],
    ['GB82', 1],
    ['BSD400', 8],
  ] as const) {
    const estimates: number[] = [];
    let called = 0;
    for (const file of picturesIn(join(root, 'train', set), every)) {
      const { noiseFactor, clean: isClean } = estimateNoise(await load(file));
      estimates.push(255 * noiseFactor);
      called += Number(isClean);
    }
    const shown = fixed([quantile(estimates, 0.5), quantile(estimates, 0.9)]);
    row(set, estimates.length, ...shown, percent(called / estimates.length));
  }
}

async function real(): Promise<void> {
  const columns = ['difference', 'estimate', 'finest grain', 'MAD', 'called clean'];
  heading('Photographed pairs', 'set', 'side', ...columns);
  for (const set of ['PolyU', 'CC15', 'Nam25']) {
    for (const side of ['noisy', 'clean']) {
      const all: number[][] = [];
      for (const file of picturesIn(join(root, 'real', set, side))) {
        const raster = await load(file);
        const reference = await load(file.replace(`/${side}/`, '/clean/'));
        const left = Math.sqrt(mean(Array.from(raster.samples, (v, i) => (v - reference.samples[i]!) ** 2)));
        const { clean: isClean } = estimateNoise(raster);
        all.push([
          left,
          estimators['ours']!(raster),
          finest(raster),
          overChannels(waveletMad, raster),
          Number(isClean),
        ]);
      }
      const means = all[0]!.map((_, column) => mean(all.map((cells) => cells[column]!)));
      row(set, side, ...fixed(means.slice(0, -1)), percent(means.at(-1)!));
    }
  }
}

function time(): Promise<void> {
  heading('Seconds of processor, colour, 8 bit', 'size', 'white noise', 'noise that is hidden');
  for (const [width, height] of [
    [512, 512],
    [2000, 1500],
    [6000, 4000],
  ] as const) {
    const noisy = clipAndRound(
      withNoise({ width, height, channels: 3, samples: new Uint8Array(width * height * 3).fill(120) }, 20, 1),
    );
    row(`${width} × ${height}`, ...[noisy, enlarged(noisy)].map((raster) => secondsFor(raster).toFixed(3)));
  }
  return Promise.resolve();
}

function secondsFor(raster: Raster): number {
  const runs = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    estimateNoise(raster);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  return Math.min(...runs);
}

/** The upper left quarter at twice its size: every pixel stands four times, and the finest grain is missing. */
function enlarged({ width, height, channels, samples }: Raster): Raster {
  const large = new Uint8Array(samples.length);
  for (let i = 0; i < large.length; i++) {
    const pixel = Math.floor(i / channels);
    const from = (Math.floor(pixel / width) >> 1) * width + ((pixel % width) >> 1);
    large[i] = samples[from * channels + (i % channels)]!;
  }
  return { width, height, channels, samples: large };
}

const parts: Record<string, () => Promise<void>> = { gaussian, jpeg, clean, real, time };
for (const part of positionals.length > 0 ? positionals : Object.keys(parts)) await parts[part]!();
