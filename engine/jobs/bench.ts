import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { BackendName } from '../../contract/backend.ts';
import { cleanSettings, type CleanedPicture } from '../../contract/clean.ts';
import type { ModelLocation } from '../../contract/engine-api.ts';
import { AppError } from '../../contract/errors.ts';
import type { BenchResult } from '../../contract/measure.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { planFor } from '../../model/inference/denoise.ts';
import type { TileNetwork } from '../../model/inference/tile-network.ts';
import { testTile } from '../backends/test-picture.ts';
import type { Handler, RequestContext } from '../channel.ts';
import { forgetPeakMemory, peakMemory } from '../peak-memory.ts';
import type { PreparedNetworks } from './clean.ts';

export interface BenchDependencies {
  readonly network: PreparedNetworks;
  readonly clean: Handler<'cleanImage'>;
}

/** Pictures in a row, as many at a time as a batch has in the engine. */
const PICTURES = 4;
const IN_FLIGHT = 3;
/** The bare network runs at least this often and this long. */
const LEAST_RUNS = 2;
const LEAST_MS = 2000;

interface Measured {
  readonly model: ModelLocation;
  readonly backend: BackendName;
  readonly threads: number;
  readonly size: { readonly width: number; readonly height: number };
}

/** Measures each backend at each picture size: the network alone, and whole files through it. */
export function createBenchHandler(dependencies: BenchDependencies): Handler<'bench'> {
  return async ({ model, backends, sizes, threads }, context) => {
    const results: BenchResult[] = [];
    for (const backend of backends) {
      for (const size of sizes) {
        const result = await measure({ model, backend, threads, size }, dependencies, context);
        context.send({ type: 'bench', result });
        results.push(result);
      }
    }
    return results;
  };
}

async function measure(
  measured: Measured,
  { network: prepared, clean }: BenchDependencies,
  context: RequestContext,
): Promise<BenchResult> {
  const { model, backend, threads, size } = measured;
  const { network } = await prepared(model, { backend, threads });
  await forgetPeakMemory();
  const alone = await bareSpeed(network, size, context.signal);
  const folder = await mkdtemp(join(tmpdir(), 'unspeckle-bench-'));
  try {
    const source = join(folder, 'picture.jpg');
    await writeFile(source, await noisyJpeg(size.width, size.height));
    const { megapixelsPerSecond, shareInNetwork } = await wholeSpeed(
      measured,
      source,
      folder,
      clean,
      context,
    );
    return {
      backend,
      model: model.id,
      ...size,
      networkMegapixelsPerSecond: alone,
      wholeMegapixelsPerSecond: megapixelsPerSecond,
      shareOutsideNetwork: 1 - shareInNetwork,
      peakMemoryBytes: await peakMemory(),
      threads,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Megapixels per second of the network on one tile in memory, of the size that such a picture is cut into. */
export async function bareSpeed(
  network: TileNetwork,
  size: { width: number; height: number },
  signal: AbortSignal,
): Promise<number> {
  const { rows, columns } = planFor(size, network, { tileLimit: null, memory: 0 });
  const { samples, width, height, noiseFactor } = testTile(
    columns.tileLength,
    rows.tileLength,
    network.channels,
  );
  const run = () => {
    signal.throwIfAborted();
    return network.run(samples, height, width, noiseFactor);
  };
  await run(); // the first one prepares memory and threads
  const started = performance.now();
  let runs = 0;
  do {
    await run();
    runs++;
  } while (runs < LEAST_RUNS || performance.now() - started < LEAST_MS);
  return (runs * width * height) / 1e6 / ((performance.now() - started) / 1000);
}

/** Whole files, several in a row so that decoding and encoding overlap with the network as they do in a batch. */
async function wholeSpeed(
  { model, backend, threads, size }: Measured,
  source: string,
  outputFolder: string,
  clean: Handler<'cleanImage'>,
  context: RequestContext,
): Promise<{ megapixelsPerSecond: number; shareInNetwork: number }> {
  const { size: bytes, mtimeMs: modifiedMs } = await stat(source);
  const quiet = { signal: context.signal, send: () => undefined };
  const cleanOne = async (index: number): Promise<CleanedPicture> => {
    const picture = await clean(
      {
        source,
        expected: { bytes, modifiedMs },
        outputFolder,
        stem: `result-${index}`,
        jobId: 'bench',
        settings: cleanSettings.parse({ backend, threads }),
        model,
        runtime: { backend, threads },
        memory: 0,
        tileLimit: null,
      },
      quiet,
    );
    if ('kept' in picture)
      throw new AppError('internal', { reason: phrase('reason-in-the-way', { file: picture.kept }) });
    return picture;
  };
  const started = performance.now();
  const pictures = await inFlight(PICTURES, IN_FLIGHT, cleanOne);
  const seconds = (performance.now() - started) / 1000;
  const inNetwork = pictures.reduce((sum, { seconds: { network } }) => sum + network, 0);
  const megapixels = (PICTURES * size.width * size.height) / 1e6;
  return { megapixelsPerSecond: megapixels / seconds, shareInNetwork: inNetwork / seconds };
}

/** Does something a number of times, some of them at once. */
async function inFlight<T>(times: number, atOnce: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < times) results.push(await work(next++));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** A made-up photograph with visible noise, as cameras compress it. */
export async function noisyJpeg(width: number, height: number): Promise<Buffer> {
  // One tile of noise, repeated: a picture made in no time that is as much work as any.
  const tile = testTile(Math.min(width, 512), Math.min(height, 512), 3);
  const pixels = Uint8Array.from(tile.samples, (value) =>
    Math.min(255, Math.max(0, Math.round(value * 255))),
  );
  const raw = { width: tile.width, height: tile.height, channels: 3 as const };
  return await sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .composite([{ input: Buffer.from(pixels.buffer), raw, tile: true }])
    .jpeg({ quality: 92 })
    .toBuffer();
}
