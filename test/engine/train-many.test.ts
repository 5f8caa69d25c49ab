import { link, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import sharp from 'sharp';
import { openTrainingData } from '../../engine/training/training-data.ts';
import type { Raster } from '../../model/image.ts';
import { buildTrainingProcess, live } from './kill-training.ts';
import { requestFor, scratchFolder, tinyConfig, writePicture } from './train-fixtures.ts';

const signal = new AbortController().signal;
const megabyte = 2 ** 20;

/** Many names of a few files, which take no more room than those. */
async function manyNames(folder: string, files: readonly string[], count: number): Promise<void> {
  for (let i = files.length; i < count; i++) {
    const file = files[i % files.length]!;
    await link(file, join(folder, `copy-${i}${file.slice(file.lastIndexOf('.'))}`));
  }
}

test('of many large pictures only as many are held as the cache allows, and others come in turn', async () => {
  const folder = await scratchFolder();
  const file = join(folder, 'first.png');
  await writePicture(file, 24, 24);
  await manyNames(folder, [file], 300);
  const asked = new Set<string>();
  let [decoding, mostAtOnce] = [0, 0];
  const decode = async (path: string): Promise<Raster> => {
    asked.add(path);
    mostAtOnce = Math.max(mostAtOnce, ++decoding);
    await new Promise((resolve) => setImmediate(resolve));
    decoding--;
    return { width: 1200, height: 800, channels: 3, samples: new Uint8Array(1200 * 800 * 3) };
  };
  // Of a picture of 2.7 MB no more is kept than a sixteenth of the cache.
  const config = tinyConfig(folder, { cache: 8 * megabyte, validationShare: 0.02 });
  const data = await openTrainingData(config, 8, { decode }, signal);
  const early = asked.size;
  for (let step = 0; step < 640; step++) {
    await data.nextBatch(step);
    const held = data.residents().reduce((sum, { bytes }) => sum + bytes, 0);
    expect(held).toBeLessThanOrEqual(config.cache);
  }
  expect(data.residents().length).toBeGreaterThanOrEqual(16);
  expect(asked.size).toBeGreaterThanOrEqual(early + 640 / 16 - 1);
  expect(mostAtOnce).toBeLessThanOrEqual(2);
});

test('the memory of a training stays inside its budget with 10,000 pictures of 24 megapixels', async (context) => {
  if (process.env['MODE'] !== 'long') context.skip('takes minutes: npm run test:long runs it');
  if (process.platform !== 'linux') context.skip('measures through /proc');
  const [folder, models] = [await scratchFolder(), await scratchFolder()];
  const files: string[] = [];
  for (let seed = 0; seed < 4; seed++) {
    const png = join(folder, `small-${seed}.png`);
    await writePicture(png, 600, 400, seed);
    files.push(join(folder, `large-${seed}.jpg`));
    await sharp(await readFile(png))
      .toColourspace('srgb')
      .resize(6000, 4000)
      .jpeg()
      .toFile(files[seed]!);
  }
  await manyNames(folder, files, 10_000);
  const cache = 256 * megabyte;
  const config = tinyConfig(folder, { cache, length: { steps: 800 }, validateEvery: 400, threads: 1 });
  const program = await buildTrainingProcess();
  const peaks: number[] = [];
  const life = await live(program, requestFor(config, models), null, async (pid) => {
    const status = await readFile(`/proc/${pid}/status`, 'latin1');
    peaks.push(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024);
  });
  expect(life.outcome?.steps).toBe(800);
  const [first, last] = [peaks[0]!, peaks.at(-1)!];
  console.log(
    `peak ${Math.round(first / 1e6)} MB at the first step, ${Math.round(last / 1e6)} MB at the last`,
  );
  // Beside the cache: the program with its network, and two pictures that are being decoded, each twice for a moment.
  expect(last).toBeLessThan(cache + 512 * megabyte + 4 * 72e6);
  // What is exchanged does not pile up.
  expect(last - first).toBeLessThan(200 * megabyte);
}, 1_800_000);
