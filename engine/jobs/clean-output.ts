import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { CleanedPicture, StageSeconds } from '../../contract/clean.ts';
import type { CleanRequest, KeptOutput } from '../../contract/engine-api.ts';
import { AppError } from '../../contract/errors.ts';
import { extensionLike } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import { publishFile, type Published } from '../../storage/publish.ts';
import type { RequestContext } from '../channel.ts';
import { verifyEncoded, type EncodedImage } from '../images/encode.ts';
import type { OpenedImage } from '../images/open.ts';
import type { Stopwatch } from '../stopwatch.ts';

/** Everything known while one picture is worked on. */
export interface Work {
  readonly request: CleanRequest;
  readonly context: RequestContext;
  readonly image: OpenedImage;
  readonly watch: Stopwatch<Exclude<keyof StageSeconds, 'total'>>;
}

/** The noise factor the network is told, and where it came from. */
export interface Measured {
  readonly noiseFactor: number;
  /** The same before it was held to what the model knows. */
  readonly wanted: number;
  readonly source: CleanedPicture['noiseFactorSource'];
  /** Measured, and too little to be worth cleaning. */
  readonly clean: boolean;
  readonly notices: readonly Notice[];
}

/** Writes the finished picture under its final name, once its header was read back. */
export async function publishEncoded(
  work: Work,
  model: string,
  measured: Measured,
  notices: readonly Notice[],
  encoded: EncodedImage,
): Promise<CleanedPicture | KeptOutput> {
  await verifyEncoded(encoded.bytes, encoded, work.request.source);
  const finished = { ...encoded, notices: [...notices, ...encoded.notices], unchanged: false };
  return await publish(work, model, measured, finished);
}

/** Writes the source's own bytes under the final name. */
export function publishCopy(
  work: Work,
  model: string,
  measured: Measured,
  notices: readonly Notice[],
): Promise<CleanedPicture | KeptOutput> {
  const { bytes, summary } = work.image;
  const { format, bitDepth } = summary;
  if (format === 'gif') throw new Error('GIF is not written, so it is never copied');
  const extension = extensionLike(work.request.source, format);
  return publish(work, model, measured, { bytes, format, extension, bitDepth, notices, unchanged: true });
}

interface Finished {
  readonly bytes: Buffer;
  readonly format: CleanedPicture['format'];
  readonly extension: string;
  readonly bitDepth: CleanedPicture['bitDepth'];
  readonly notices: readonly Notice[];
  readonly unchanged: boolean;
}

async function publish(
  work: Work,
  model: string,
  measured: Measured,
  finished: Finished,
): Promise<CleanedPicture | KeptOutput> {
  const { request, context, image, watch } = work;
  const sha256 = createHash('sha256').update(finished.bytes).digest('hex');
  const published = await watch.time('write', () =>
    publishFile({
      folder: request.outputFolder,
      stem: request.stem.replaceAll('{factor}', measured.noiseFactor.toFixed(3)),
      extension: finished.extension,
      bytes: finished.bytes,
      jobId: request.jobId,
      onConflict: request.settings.onConflict,
      verify: (part) => verifyContent(part, sha256, request.source),
      times: image.stat,
      source: request.source,
      intents: request.intents,
      signal: context.signal,
    }),
  );
  if ('kept' in published) return { source: request.source, kept: published.kept };
  return cleanedPicture(work, model, measured, finished, published, sha256);
}

/** What lies on the disk must be what was made. */
async function verifyContent(part: string, sha256: string, file: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(part)) hash.update(chunk as Buffer);
  if (hash.digest('hex') !== sha256) throw new AppError('output-not-verified', { file });
}

function cleanedPicture(
  { request, image, watch }: Work,
  model: string,
  measured: Measured,
  finished: Finished,
  published: Exclude<Published, { kept: string }>,
  outputSha256: string,
): CleanedPicture {
  const { width, height, pages } = image.summary;
  return {
    source: request.source,
    output: published.path,
    width,
    height,
    pages,
    megapixels: (width * height * pages) / 1e6,
    format: finished.format,
    bitDepth: finished.bitDepth,
    model,
    backend: request.runtime.backend,
    noiseFactor: measured.noiseFactor,
    noiseFactorSource: measured.source,
    unchanged: finished.unchanged,
    notices: [...finished.notices, ...publishingNotices(published)],
    seconds: {
      decode: watch.seconds('decode'),
      estimate: watch.seconds('estimate'),
      network: watch.seconds('network'),
      encode: watch.seconds('encode'),
      write: watch.seconds('write'),
      total: watch.total(),
    },
    outputBytes: finished.bytes.length,
    outputSha256,
    sourceSha256: image.sha256,
  };
}

function publishingNotices({ path, renamedFrom, timesKept }: Exclude<Published, { kept: string }>): Notice[] {
  const notices: Notice[] = [];
  if (renamedFrom !== null) {
    notices.push({ code: 'output-renamed', details: { wanted: renamedFrom, name: basename(path) } });
  }
  if (!timesKept) notices.push({ code: 'times-not-kept', details: {} });
  return notices;
}
