import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ModelLocation, Runtime } from '../../contract/engine-api.ts';
import { AppError, failureOf } from '../../contract/errors.ts';
import type { EvaluatedPicture, EvaluationSource, EvaluationSummary } from '../../contract/measure.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { FloatImage, Raster } from '../../model/image.ts';
import { denoiseRaster } from '../../model/inference/denoise.ts';
import type { Gate, TileNetwork } from '../../model/inference/tile-network.ts';
import { asEightBit, compare, roundedToEightBit, toFloat } from '../../model/metrics/compare.ts';
import { estimateNoise } from '../../model/noise/estimate.ts';
import { Random } from '../../model/noise/random.ts';
import { addGaussian } from '../../model/training/noisy-batch.ts';
import type { Handler, RequestContext } from '../channel.ts';
import { freeMemory } from '../free-memory.ts';
import { pictureDecoder } from '../training/decode-picture.ts';
import { findPictures, type FoundPictures } from '../training/find-pictures.ts';
import type { PreparedNetworks } from './clean.ts';
import { checkSameSize } from './same-size.ts';

interface EvaluateDependencies {
  readonly network: PreparedNetworks;
  readonly gate: Gate;
}

/** One picture to be measured: what the network sees and what it should answer. */
interface Pair {
  /** In the depth in which it is cleaned, by which its noise is measured too. */
  readonly noisy: Raster;
  readonly clean: FloatImage;
  /** What the network is told; `auto` means the estimate. */
  readonly noiseFactor: number | 'auto';
}

/**
 * Measures a model by the protocol of the denoising papers: noise is added to the float picture, neither clipped
 * nor rounded unless asked; the answer is clipped and rounded to 8 bit; PSNR over all channels together; then
 * the mean over pictures. A picture that can't be used is told and left out.
 */
export function createEvaluateHandler(dependencies: EvaluateDependencies): Handler<'evaluate'> {
  return async (request, context) => {
    const started = performance.now();
    const { card, network } = await dependencies.network(request.model, request.runtime);
    const told: EvaluatedPicture[] = [];
    const { files, unreadable } = await picturesOf(request.source);
    for (const { file, reason } of unreadable) {
      const failure = failureOf(new AppError('path-unreadable', { path: file, reason }));
      context.send({ type: 'unreadable', file, failure });
    }
    for (const [index, file] of files.entries()) {
      context.signal.throwIfAborted();
      try {
        const pair = await pairOf(request.source, file, index, context);
        const picture = await evaluatePair(
          file,
          pair,
          network,
          card.noise.largest,
          dependencies.gate,
          context,
        );
        told.push(picture);
        context.send({ type: 'evaluated', picture });
      } catch (error) {
        context.signal.throwIfAborted();
        context.send({ type: 'unreadable', file, failure: failureOf(error) });
      }
    }
    if (told.length === 0) throw new AppError('no-pictures', { paths: folderOf(request.source) });
    return summaryOf(told, request, (performance.now() - started) / 1000);
  };
}

const folderOf = (source: EvaluationSource): string =>
  `“${source.kind === 'synthetic' ? source.folder : source.noisy}”`;

async function picturesOf(
  source: EvaluationSource,
): Promise<{ files: string[]; unreadable: FoundPictures['unreadable'] }> {
  const { pictures, unreadable } = await findPictures([
    source.kind === 'synthetic' ? source.folder : source.noisy,
  ]);
  return { files: pictures.filter(({ page }) => page === 0).map(({ path }) => path), unreadable };
}

async function pairOf(
  source: EvaluationSource,
  file: string,
  index: number,
  { signal }: RequestContext,
): Promise<Pair> {
  const decode = pictureDecoder();
  if (source.kind === 'pairs') {
    const partner = join(source.clean, basename(file));
    await access(partner).catch((cause: unknown) => {
      throw new AppError('pair-incomplete', { file, folder: source.clean }, { cause });
    });
    const raster = await decode(file, 0, signal, partner);
    refuseBeyond(freeMemory(), raster, file);
    const clean = toFloat(await decode(partner, 0, signal, file));
    checkSameSize(raster, clean, file);
    return { noisy: raster, clean, noiseFactor: source.noiseFactor };
  }
  const raster = await decode(file, 0, signal);
  refuseBeyond(freeMemory(), raster, file);
  const clean = toFloat(raster);
  const noisy = addNoise(clean, source.noiseFactor, source.seed, index);
  return {
    noisy: source.clipped ? asEightBit(noisy) : noisy,
    clean,
    noiseFactor: source.blind ? 'auto' : source.noiseFactor,
  };
}

/** A picture, its clean half, the answer and what they are compared by, each in floats, are held at the same time. */
const copies = 6;

/** Better left out with the numbers than an engine that the system ends, with all that was measured. */
export function refuseBeyond(free: number, { width, height, channels }: Raster, file: string): void {
  const needed = width * height * channels * Float32Array.BYTES_PER_ELEMENT * copies;
  if (needed <= free) return;
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(2);
  const memory = { needed: gigabytes(needed), free: gigabytes(free) };
  throw new AppError('image-too-large', { file, reason: phrase('large-free', { width, height, ...memory }) });
}

/** Gaussian noise of its own for each picture, from the seed and the picture's place in the list. */
function addNoise(clean: FloatImage, noiseFactor: number, seed: number, index: number): FloatImage {
  return { ...clean, samples: addGaussian(clean.samples, noiseFactor, new Random(seed).split(index)) };
}

async function evaluatePair(
  file: string,
  { noisy, clean, noiseFactor: wanted }: Pair,
  network: TileNetwork,
  largest: number,
  gate: Gate,
  { signal }: RequestContext,
): Promise<EvaluatedPicture> {
  const noiseFactor = Math.min(
    largest,
    wanted === 'auto' ? estimateNoise(noisy, { signal }).noiseFactor : wanted,
  );
  const settings = { noiseFactor, strength: 1, colourStrength: 1, tileLimit: null, memory: 0 };
  const answer = await denoiseRaster(noisy, network, settings, { signal, gate });
  const before = compare(noisy, clean);
  const after = compare(roundedToEightBit(toFloat(answer)), clean);
  return {
    file,
    noiseFactor,
    noisyPsnr: before.psnr,
    psnr: after.psnr,
    noisySsim: before.ssim,
    ssim: after.ssim,
  };
}

function summaryOf(
  pictures: readonly EvaluatedPicture[],
  { model, runtime }: { model: ModelLocation; runtime: Runtime },
  seconds: number,
): EvaluationSummary {
  const mean = (value: (picture: EvaluatedPicture) => number) =>
    pictures.reduce((sum, picture) => sum + value(picture), 0) / pictures.length;
  return {
    pictures: pictures.length,
    psnr: mean((picture) => picture.psnr),
    ssim: mean((picture) => picture.ssim),
    noisyPsnr: mean((picture) => picture.noisyPsnr),
    noisySsim: mean((picture) => picture.noisySsim),
    noiseFactor: mean((picture) => picture.noiseFactor),
    model: model.id,
    backend: runtime.backend,
    seconds,
  };
}
