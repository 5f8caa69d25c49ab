/**
 * Cleans JPEGs in a row, as a batch does, and compares the megapixels per second with those of the bare network on
 * a resident tile: what decoding, encoding, files, noise estimate, tile overlap and stitching cost together.
 *
 *   node bench/run.mjs bench/clean-folder.ts --backend tensorflow --size 6000x4000 --pictures 3
 *
 * The aim is a ratio of at least 0.85. On a machine that does other things as well, read the ratio of CPU time.
 */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanSettings } from '../contract/clean.ts';
import { testTile } from '../engine/backends/test-picture.ts';
import { noisyJpeg } from '../engine/jobs/bench.ts';
import { planFor } from '../model/inference/denoise.ts';
import { overlapCost } from '../model/inference/plan-tiles.ts';
import { engineParts, readArguments, timed } from './engine-parts.ts';
import { forgetPeakMemory, peakMemory } from '../engine/peak-memory.ts';

const { model, runtime, size, pictures } = readArguments({
  backend: 'tensorflow',
  size: '6000x4000',
  pictures: '3',
});
const parts = engineParts();
const megapixels = (size.width * size.height) / 1e6;
const signal = new AbortController().signal;
const { network } = await parts.network(model, runtime);

const plan = planFor(size, network, { tileLimit: null, memory: 0 });
const tile = testTile(plan.columns.tileLength, plan.rows.tileLength, network.channels);
const runTile = () => network.run(tile.samples, tile.height, tile.width, tile.noiseFactor);
const tileMegapixels = (tile.width * tile.height) / 1e6;

async function bareNetwork() {
  await runTile();
  const runs = 3;
  const { seconds, cpuSeconds } = await timed(async () => {
    for (let i = 0; i < runs; i++) await runTile();
  });
  return { wall: (runs * tileMegapixels) / seconds, cpu: (runs * tileMegapixels) / cpuSeconds };
}

async function wholeFolder(folder: string) {
  const source = join(folder, 'picture.jpg');
  await writeFile(source, await noisyJpeg(size.width, size.height));
  const { size: bytes, mtimeMs: modifiedMs } = await stat(source);
  const work = Array.from({ length: pictures }, (_, index) => index);
  const stages = { decode: 0, estimate: 0, network: 0, encode: 0, write: 0 };
  const worker = async () => {
    for (let index = work.shift(); index !== undefined; index = work.shift()) {
      const picture = await parts.clean(
        {
          source,
          expected: { bytes, modifiedMs },
          outputFolder: folder,
          stem: `result-${index}`,
          jobId: 'bench',
          settings: cleanSettings.parse({}),
          model,
          runtime,
          memory: 0,
          tileLimit: null,
        },
        { signal, send: () => undefined },
      );
      if ('kept' in picture) throw new Error('a result is in the way');
      for (const stage of Object.keys(stages) as (keyof typeof stages)[]) {
        stages[stage] += picture.seconds[stage];
      }
    }
  };
  const { seconds, cpuSeconds } = await timed(() => Promise.all([worker(), worker(), worker()]));
  return {
    wall: (pictures * megapixels) / seconds,
    cpu: (pictures * megapixels) / cpuSeconds,
    seconds,
    stages,
  };
}

const folder = await mkdtemp(join(tmpdir(), 'unspeckle-bench-'));
try {
  const before = await bareNetwork();
  await forgetPeakMemory();
  const whole = await wholeFolder(folder);
  const peak = await peakMemory();
  const after = await bareNetwork();
  const bare = { wall: (before.wall + after.wall) / 2, cpu: (before.cpu + after.cpu) / 2 };
  const show = (value: number) => value.toFixed(3);
  console.log(
    `${runtime.backend}, ${pictures} × ${megapixels.toFixed(1)} MP, tiles ${tile.width}×${tile.height}`,
  );
  console.log(`computed for each pixel: ${show(overlapCost(plan, size))}`);
  console.log(`bare network: ${show(bare.wall)} MP/s, ${show(bare.cpu)} MP per CPU second`);
  console.log(`whole files:  ${show(whole.wall)} MP/s, ${show(whole.cpu)} MP per CPU second`);
  console.log(
    `ratio: ${show(whole.wall / bare.wall)} by the clock, ${show(whole.cpu / bare.cpu)} by CPU time`,
  );
  console.log(
    `seconds by stage (they overlap): ${JSON.stringify(whole.stages, (_, v: unknown) => (typeof v === 'number' ? Number(v.toFixed(2)) : v))} of ${whole.seconds.toFixed(2)}`,
  );
  console.log(`peak memory: ${(peak / 1e9).toFixed(2)} GB`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
