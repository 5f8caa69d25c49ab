/**
 * What the noise estimator reads in the pairs that tools/pretrain/degrade.py writes, for tools/pretrain/fit_estimator.py:
 * `node bench/run.mjs bench/noise-readings.ts PAIRS READINGS.json`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Raster } from '../model/image.ts';
import { readBands } from '../model/noise/estimate-bands.ts';

interface WrittenPair {
  readonly file: string;
  readonly kind: string;
  readonly noiseFactor: number;
}

const [folder, out] = process.argv.slice(2);
if (!folder || !out) throw new Error('usage: noise-readings.ts PAIRS READINGS.json');
const pairs = JSON.parse(readFileSync(join(folder, 'pairs.json'), 'utf8')) as WrittenPair[];
const rows = [];
for (const pair of pairs) {
  const raster = await load(join(folder, 'noisy', pair.file));
  rows.push({ ...pair, bands: [1, 2, 4].map((scale) => readBands(raster, null, scale)) });
}
writeFileSync(out, JSON.stringify(rows));

async function load(file: string): Promise<Raster> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { width, height, channels: channels === 1 ? 1 : 3, samples: new Uint8Array(data) };
}
