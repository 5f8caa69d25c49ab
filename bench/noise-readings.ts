/**
 * What the noise estimator reads in the pairs that tools/pretrain/degrade.py writes, for tools/pretrain/fit_estimator.py:
 * `node bench/run.mjs bench/noise-readings.ts PAIRS READINGS` writes READINGS.json, with how many blocks were read of each
 * picture at each scale (none where there were too few), and READINGS.bin, their readings one after the other (float32).
 */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Raster } from '../model/image.ts';
import { readScales, READINGS, type BlockReadings } from '../model/noise/estimate-bands.ts';

interface WrittenPair {
  readonly file: string;
  readonly kind: string;
  readonly noiseFactor: number;
}

/** Of one picture at one scale; the fit needs no more. */
const MOST_BLOCKS = 500;

const [folder, out] = process.argv.slice(2);
if (!folder || !out) throw new Error('usage: noise-readings.ts PAIRS READINGS');
const pairs = JSON.parse(readFileSync(join(folder, 'pairs.json'), 'utf8')) as WrittenPair[];
const rows = [];
const values = openSync(`${out}.bin`, 'w');
for (const pair of pairs) {
  const raster = await load(join(folder, 'noisy', pair.file));
  const readings = (readScales(raster, null) ?? []).map(thinned);
  for (const part of readings) writeSync(values, part);
  rows.push({ ...pair, blocks: readings.map(({ length }) => length / READINGS) });
}
closeSync(values);
writeFileSync(`${out}.json`, JSON.stringify(rows));

/** Every so many blocks. */
function thinned({ count, values }: BlockReadings): Float32Array {
  const kept = Math.min(count, MOST_BLOCKS);
  const thin = new Float32Array(kept * READINGS);
  for (let i = 0; i < kept; i++) {
    const block = Math.floor((i * count) / kept);
    thin.set(values.subarray(block * READINGS, (block + 1) * READINGS), i * READINGS);
  }
  return thin;
}

async function load(file: string): Promise<Raster> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { width, height, channels: channels === 1 ? 1 : 3, samples: new Uint8Array(data) };
}
