import type { CleanedPicture, CleanSettings } from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import type { CleanRequest, KeptOutput, ModelLocation, Runtime } from '../../contract/engine-api.ts';
import type { ModelCard } from '../../contract/model-card.ts';
import { unlikeByError, unlikeTraining } from '../../contract/familiar.ts';
import type { Notice } from '../../contract/notice.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { denoiseRaster } from '../../model/inference/denoise.ts';
import { coverHiddenColour, restoreHiddenColour } from '../../model/inference/hidden-colour.ts';
import { watchedNetwork, type Gate, type TileNetwork } from '../../model/inference/tile-network.ts';
import { reconstructionError } from '../../model/metrics/reconstruction-error.ts';
import { estimateNoise } from '../../model/noise/estimate.ts';
import type { Handler, RequestContext } from '../channel.ts';
import { decodePage, type DecodedPage } from '../images/decode.ts';
import { createWriter, type EncodedImage } from '../images/encode.ts';
import { foreseenMemory } from '../images/memory.ts';
import { openImage, type OpenedImage } from '../images/open.ts';
import { MemoryBudget } from '../memory-budget.ts';
import { Stopwatch } from '../stopwatch.ts';
import { publishCopy, publishEncoded, type Measured, type Work } from './clean-output.ts';

/** Gives the prepared network of a model; it is prepared once, then kept. */
export type PreparedNetworks = (
  model: ModelLocation,
  runtime: Runtime,
) => Promise<{ readonly card: ModelCard; readonly network: TileNetwork }>;

/** What cleaning shares with the other jobs of the process. */
export interface CleanDependencies {
  readonly network: PreparedNetworks;
  readonly budget: MemoryBudget;
  readonly gate: Gate;
}

/** Files beyond this are read one at a time: what they take is known only once their header was read. */
const largeFile = 2 ** 28;

/** Cleans one picture from file to finished file. Nothing is left behind unless it is complete. */
export function createCleanHandler(dependencies: CleanDependencies): Handler<'cleanImage'> {
  const oneLarge = new MemoryBudget(1);
  return async (request, context) => {
    const bytes = request.expected?.bytes ?? 0;
    if (bytes <= largeFile) return await cleanFile(request, context, dependencies);
    const next = await oneLarge.take(1, context.signal);
    try {
      refuseBeyondFree(request.source, bytes, dependencies.budget);
      return await cleanFile(request, context, dependencies);
    } finally {
      next();
    }
  };
}

/** A file alone may be more than there is, whatever is in it. */
function refuseBeyondFree(file: string, bytes: number, budget: MemoryBudget): void {
  const free = budget.shortOf(bytes);
  if (free === null) return;
  const sizes = { size: gigabytes(bytes), most: gigabytes(free) };
  throw new AppError('image-too-large', { file, reason: phrase('large-file', sizes) });
}

async function cleanFile(
  request: CleanRequest,
  context: RequestContext,
  dependencies: CleanDependencies,
): Promise<CleanedPicture | KeptOutput> {
  try {
    return await cleanWhole(request, context, dependencies);
  } catch (error) {
    if (!request.settings.salvage || !(error instanceof AppError) || error.code !== 'image-damaged')
      throw error;
    // The advice to salvage it would be no help.
    throw new AppError('image-beyond-salvage', error.details, { cause: error });
  }
}

async function cleanWhole(
  request: CleanRequest,
  context: RequestContext,
  dependencies: CleanDependencies,
): Promise<CleanedPicture | KeptOutput> {
  const { settings } = request;
  const { signal } = context;
  const image = await openImage(request.source, {
    expected: request.expected,
    salvage: settings.salvage,
    memory: request.memory,
    signal,
  });
  context.send({ type: 'opened', summary: image.summary });
  const { format } = settings;
  const foreseen = foreseenMemory(image.summary, format === 'same' ? image.summary.format : format);
  const release = await dependencies.budget.take(foreseen, signal);
  try {
    refuseBeyondMemory(image, foreseen, dependencies.budget);
    return await cleanOpened({ request, context, image, watch: new Stopwatch() }, dependencies);
  } finally {
    release();
  }
}

/** Better no result with the numbers than a process that the system ends in the middle of its work. */
function refuseBeyondMemory({ file, summary }: OpenedImage, foreseen: number, budget: MemoryBudget): void {
  const free = budget.shortOf(foreseen);
  if (free === null) return;
  const size = { width: summary.width, height: summary.height };
  const memory = { needed: gigabytes(foreseen), free: gigabytes(free) };
  throw new AppError('image-too-large', { file, reason: phrase('large-free', { ...size, ...memory }) });
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);

async function cleanOpened(
  work: Work,
  dependencies: CleanDependencies,
): Promise<CleanedPicture | KeptOutput> {
  const { request, image, watch } = work;
  const { card, network } = await dependencies.network(request.model, request.runtime);
  const first = await watch.time('decode', () => decodePage(image, 0));
  const measured = measure(work, first, card);
  const off = isOff(request.settings);
  const notices = [...image.notices, ...measured.notices];
  if ((off || measured.clean) && canCopy(image, request.settings)) {
    notices.push({ code: off ? 'strength-zero' : 'already-clean', details: {} });
    return await publishCopy(work, card.id, measured, notices);
  }
  const clean = off || measured.clean ? null : denoiser(work, network, measured.noiseFactor, dependencies);
  const watching: DenoisePage | null =
    clean &&
    (async (page, index) => {
      const denoised = await clean(page, index);
      if (index === 0) notices.push(...unlikeWhatIsKnown(work, card, measured, page, denoised));
      return denoised;
    });
  const encoded = await cleanPages(work, first, watching);
  return await publishEncoded(work, card.id, measured, notices, encoded);
}

/** One noise factor for the whole file: the one that was given, or that of its first page. */
function measure({ request, watch }: Work, first: DecodedPage, card: ModelCard): Measured {
  const { noiseFactor: given } = request.settings;
  const estimate =
    given === 'auto'
      ? watch.timeSync('estimate', () => estimateNoise(first.raster, { alpha: first.alpha }))
      : null;
  const wanted = estimate?.noiseFactor ?? Number(given);
  const noiseFactor = Math.min(wanted, card.noise.largest);
  const details = { wanted: wanted.toFixed(3), used: noiseFactor.toFixed(3) };
  return {
    noiseFactor,
    wanted,
    source: estimate ? 'measured' : 'given',
    clean: estimate?.clean ?? false,
    notices: noiseFactor < wanted ? [{ code: 'noise-factor-clamped', details }] : [],
  };
}

/** In what a picture is unlike those that the model learnt from, by its first page. */
function unlikeWhatIsKnown(
  { request, image }: Work,
  { familiar }: ModelCard,
  { noiseFactor, wanted, source }: Measured,
  noisy: DecodedPage,
  denoised: DecodedPage,
): Notice[] {
  const { strength } = request.settings;
  // What is taken out by a factor that was given says as much of the factor as of the picture.
  const error =
    source === 'measured' && strength > 0
      ? reconstructionError(noisy.raster, denoised.raster, noiseFactor, strength)
      : null;
  return [
    ...unlikeTraining(familiar, { summary: image.summary, noiseFactor: wanted }),
    ...unlikeByError(familiar, error),
  ];
}

function isOff({ strength, colourStrength }: CleanSettings): boolean {
  return strength === 0 && (colourStrength ?? strength) === 0;
}

/** Whether the source's own bytes are an answer to what is asked. */
function canCopy({ summary }: OpenedImage, { format, bitDepth, metadata }: CleanSettings): boolean {
  const sameFormat = summary.format !== 'gif' && (format === 'same' || format === summary.format);
  return sameFormat && (bitDepth === 'same' || bitDepth === summary.bitDepth) && metadata === 'all';
}

type DenoisePage = (page: DecodedPage, index: number) => Promise<DecodedPage>;

function denoiser(
  { request, context, image, watch }: Work,
  network: TileNetwork,
  noiseFactor: number,
  { gate }: CleanDependencies,
): DenoisePage {
  const { settings, memory, tileLimit } = request;
  const colourStrength = settings.colourStrength ?? settings.strength;
  const timed = watchedNetwork(network, (run) => watch.time('network', run));
  return async (page, index) => {
    const { raster, alpha } = page;
    const covered = alpha ? coverHiddenColour(raster, alpha) : raster;
    const denoised = await denoiseRaster(
      covered,
      timed,
      { noiseFactor, strength: settings.strength, colourStrength, tileLimit, memory },
      {
        signal: context.signal,
        gate,
        onProgress: (fraction) =>
          context.send({ type: 'progress', fraction: (index + fraction) / image.summary.pages }),
      },
    );
    if (alpha && covered !== raster) restoreHiddenColour(denoised, raster, alpha);
    return { ...page, raster: denoised };
  };
}

/** Cleans page after page and hands each to the writer, so that a stack is never whole in memory. */
async function cleanPages(
  work: Work,
  first: DecodedPage,
  denoise: DenoisePage | null,
): Promise<EncodedImage> {
  const { request, context, image, watch } = work;
  const { format, quality, bitDepth, metadata } = request.settings;
  const ownMark = `Unspeckle, model ${request.model.id}`;
  const writer = createWriter(image, { format, quality, bitDepth, metadata, ownMark });
  for (let index = 0; index < image.summary.pages; index++) {
    context.signal.throwIfAborted();
    const page = index === 0 ? first : await watch.time('decode', () => decodePage(image, index));
    const finished = denoise ? await denoise(page, index) : page;
    await watch.time('encode', () => writer.add(finished));
  }
  return await watch.time('encode', () => writer.finish());
}
