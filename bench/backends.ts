/**
 * Compares the backends on one tile: megapixels per second by the clock and by CPU time, memory for each pixel, and
 * the largest difference to the plain reference.
 *
 *   node bench/run.mjs bench/backends.ts --model model/pretrained/gaussian-small --size 1024x1024
 *
 * Each backend runs in turn, several times over, so that all of them meet the same disturbances.
 */
import { reasonIn } from '../contract/errors.ts';
import { sayPhrase } from '../contract/texts/fill-in.ts';
import { largestDifference } from '../engine/backends/choose.ts';
import { tensorNetwork } from '../engine/backends/tensor-network.ts';
import { testTile } from '../engine/backends/test-picture.ts';
import { loadModel } from '../engine/models/load.ts';
import { forgetPeakMemory, peakMemory } from '../engine/peak-memory.ts';
import { engineParts, readArguments, timed } from './engine-parts.ts';

const {
  model: location,
  runtime,
  size,
  pictures: rounds,
} = readArguments({
  backend: 'tensorflow',
  size: '1024x1024',
  pictures: '3',
});
const model = await loadModel(location);
const reference = await tensorNetwork(model, 'cpu');
const megapixels = (size.width * size.height) / 1e6;
const rows = [];

for (const backend of engineParts().backends) {
  const state = await backend.describe();
  if (!state.available) {
    console.log(`${backend.name}: ${sayPhrase(reasonIn(state.description))}`);
    continue;
  }
  const network = await backend.load(model, runtime.threads);
  const small = testTile(40, 32, network.channels);
  const expected = await reference.run(small.samples, 32, 40, small.noiseFactor);
  const difference = largestDifference(await network.run(small.samples, 32, 40, small.noiseFactor), expected);
  const tile = testTile(size.width, size.height, network.channels);
  await forgetPeakMemory();
  const before = process.memoryUsage.rss();
  await network.run(tile.samples, tile.height, tile.width, tile.noiseFactor);
  const bytes = ((await peakMemory()) - before) / (size.width * size.height);
  rows.push({ backend, network, tile, difference, bytes, clock: 0, cpu: 0 });
}

for (let round = 0; round < rounds; round++) {
  for (const row of rows) {
    // WebAssembly takes its time: once is enough.
    if (row.backend.lastResort && round > 0) continue;
    const { samples, width, height, noiseFactor } = row.tile;
    const { seconds, cpuSeconds } = await timed(() => row.network.run(samples, height, width, noiseFactor));
    row.clock = Math.max(row.clock, megapixels / seconds);
    row.cpu = Math.max(row.cpu, megapixels / cpuSeconds);
  }
}

console.log(`${location.id}, one tile of ${size.width}×${size.height}`);
for (const { backend, network, difference, bytes, clock, cpu } of rows) {
  console.log(
    `${backend.name.padEnd(10)} ${clock.toFixed(3)} MP/s, ${cpu.toFixed(3)} MP per CPU second, ` +
      `${bytes.toFixed(0)} bytes a pixel (said ${network.bytesPerPixel.toFixed(0)}), ` +
      `difference ${difference.toExponential(1)}`,
  );
}
