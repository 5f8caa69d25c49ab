import { inflate, constants } from 'node:zlib';
import { promisify } from 'node:util';
import type { Samples } from '../../model/image.ts';
import { decodeLzw } from './lzw.ts';
import { damaged, Refusal } from './refusal.ts';
import { numberOf, numbersOf, type TiffStructure } from './tiff-directory.ts';
import type { TiffPage } from './tiff-file.ts';
import { tiffTag } from './tiff-tags.ts';

const inflateAsync = promisify(inflate);

/** Samples of one page as they are stored, in rows from the first stored one on. */
export interface TiffSamples {
  /** `[height, width, 1 or 3]`, interleaved. */
  readonly colour: Samples;
  /** `[height, width]` */
  readonly extra: Samples | null;
  /** Whether something was missing and left 0; only when salvaging. */
  readonly incomplete: boolean;
}

/** A strip or a tile: a rectangle of the page, of all channels or of one. */
interface Chunk {
  readonly offset: number;
  readonly bytes: number;
  readonly x: number;
  readonly y: number;
  /** Stored size; tiles at the edges reach over the page. */
  readonly width: number;
  readonly height: number;
  readonly firstChannel: number;
  readonly channels: number;
}

/** A strip for each row of each plane of the tallest picture stays below this. */
const mostChunks = 2 ** 21;
/** Each costs some microseconds, whatever is in it: no more than so many are smaller than a row of a picture. */
const mostTinyChunks = 2 ** 16;
const tinyChunk = 1024;

/** Chunks that are worked on together, so that their inflating uses several threads. */
const together = 4;

/**
 * The samples of a page for which `isPlain` holds. 8- and 16-bit integers stay as they are; float samples of
 * any width become float32. With `salvage`, what is missing is 0.
 *
 * @throws Refusal image-damaged
 */
export async function readSamples(
  structure: TiffStructure,
  page: TiffPage,
  salvage: boolean,
): Promise<TiffSamples> {
  const pixels = page.width * page.height;
  const colours = page.colour === 'rgb' ? 3 : 1;
  const colour = emptySamples(page, pixels * colours);
  const extra = page.extra ? emptySamples(page, pixels) : null;
  const chunks = listChunks(page);
  let [missing, found] = [0, 0];
  for (let at = 0; at < chunks.length; at += together) {
    const group = chunks.slice(at, at + together);
    const stored = await Promise.all(group.map((chunk) => unpackChunk(structure, page, chunk, salvage)));
    for (const [index, { data, found: bytes }] of stored.entries()) {
      missing += data.length - bytes;
      found += bytes;
      place(toSamples(data, page, group[index]!, structure.littleEndian), page, group[index]!, colour, extra);
    }
    // Undoing LZW and predictors holds the event loop; whoever waits gets a turn between groups.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (found === 0) throw damaged('damage-nothing-read');
  if (page.inverted && !page.float) invert(colour);
  return { colour: page.colour === 'palette' ? paint(colour, page) : colour, extra, incomplete: missing > 0 };
}

function emptySamples({ float, bits }: TiffPage, length: number): Samples {
  if (float) return new Float32Array(length);
  return bits === 16 ? new Uint16Array(length) : new Uint8Array(length);
}

function listChunks(page: TiffPage): Chunk[] {
  const { entries, width, height, samples, planar } = page;
  const tileWidth = numberOf(entries.get(tiffTag.tileWidth));
  const tileHeight = numberOf(entries.get(tiffTag.tileHeight));
  const tiled = tileWidth !== undefined && tileHeight !== undefined;
  const chunkWidth = tiled ? tileWidth : width;
  const rows = numberOf(entries.get(tiffTag.rowsPerStrip)) ?? height;
  const chunkHeight = tiled ? tileHeight : Math.min(rows, height);
  const whole = Number.isInteger(chunkWidth) && Number.isInteger(chunkHeight);
  if (!whole || chunkWidth < 1 || chunkHeight < 1) throw damaged('damage-strips-size');
  const offsets = numbersOf(entries.get(tiled ? tiffTag.tileOffsets : tiffTag.stripOffsets));
  const counts = numbersOf(entries.get(tiled ? tiffTag.tileByteCounts : tiffTag.stripByteCounts));
  const [across, down] = [Math.ceil(width / chunkWidth), Math.ceil(height / chunkHeight)];
  const planes = planar ? samples : 1;
  const most = chunkWidth * chunkHeight < tinyChunk ? mostTinyChunks : mostChunks;
  if (across * down * planes > most) throw damaged('damage-many-pieces');
  if (offsets.length < across * down * planes) throw damaged('damage-strips-short');
  if (chunkWidth * chunkHeight > 4 * (width * height + 65536)) throw damaged('damage-tiles-large');
  return Array.from({ length: across * down * planes }, (_, index) => {
    const inPlane = index % (across * down);
    const y = Math.floor(inPlane / across) * chunkHeight;
    return {
      offset: offsets[index]!,
      bytes: counts[index] ?? Infinity,
      x: (inPlane % across) * chunkWidth,
      y,
      width: chunkWidth,
      height: tiled ? chunkHeight : Math.min(chunkHeight, height - y),
      firstChannel: planar ? Math.floor(index / (across * down)) : 0,
      channels: planar ? 1 : samples,
    };
  });
}

/** The chunk's bytes without compression, of exactly the length its size asks for, and how many were found. */
async function unpackChunk(
  structure: TiffStructure,
  page: TiffPage,
  chunk: Chunk,
  salvage: boolean,
): Promise<{ data: Buffer; found: number }> {
  const wanted = chunk.width * chunk.height * chunk.channels * (page.bits / 8);
  const end = Math.min(chunk.offset + chunk.bytes, structure.bytes.length);
  const stored = structure.bytes.subarray(chunk.offset, end);
  const declared = chunk.bytes === Infinity ? 0 : chunk.bytes;
  try {
    if (stored.length === 0 || stored.length < declared) throw damaged('damage-data-outside');
    const data = await unpack(stored, page.compression, wanted);
    if (data.length < wanted) throw damaged('damage-data-missing');
    return { data: data.subarray(0, wanted), found: wanted };
  } catch (error) {
    if (!(error instanceof Refusal) || !salvage) throw error;
    const partial = await unpack(stored, page.compression, wanted, true).catch(() => Buffer.alloc(0));
    const data = Buffer.alloc(wanted);
    return { data, found: partial.copy(data) };
  }
}

/** A fresh buffer, never a view of the file. */
async function unpack(stored: Buffer, compression: number, wanted: number, lenient = false): Promise<Buffer> {
  switch (compression) {
    case 1:
      return Buffer.from(stored.subarray(0, wanted));
    case 5: {
      const out = Buffer.alloc(wanted);
      return out.subarray(0, decodeLzw(stored, out));
    }
    case 32773:
      return unpackBits(stored, wanted);
    default:
      return await inflated(stored, wanted, lenient);
  }
}

async function inflated(stored: Buffer, wanted: number, lenient: boolean): Promise<Buffer> {
  // The last strip of some writers is padded to the height of the others.
  const options = {
    // In one piece, instead of thousands that are then put together: half the memory. One byte more than is filled.
    chunkSize: Math.max(64, wanted + 1),
    maxOutputLength: wanted * 2 + 65536,
    finishFlush: lenient ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
  };
  try {
    return await inflateAsync(stored, options);
  } catch (cause) {
    throw damaged('damage-compressed', cause);
  }
}

/** Undoes PackBits (TIFF 6.0, section 9): runs and literal stretches. */
function unpackBits(stored: Buffer, wanted: number): Buffer {
  const out = Buffer.alloc(wanted);
  let [at, written] = [0, 0];
  while (at < stored.length && written < wanted) {
    const count = stored.readInt8(at++);
    if (count >= 0) {
      written += stored.copy(out, written, at, Math.min(at + count + 1, stored.length));
      at += count + 1;
    } else if (count > -128 && at < stored.length) {
      out.fill(stored[at++]!, written, Math.min(written + 1 - count, wanted));
      written += 1 - count;
    }
  }
  return out.subarray(0, Math.min(written, wanted));
}

/** LZW and Deflate; with other compressions the tag has no meaning. */
const usesPredictor: ReadonlySet<number> = new Set([5, 8, 32946]);

/** Bytes as numbers of this machine's byte order, the predictor undone. */
function toSamples(data: Buffer, page: TiffPage, chunk: Chunk, littleEndian: boolean): Samples {
  const rowSamples = chunk.width * chunk.channels;
  const aligned = data.byteOffset % 8 === 0 ? data : Buffer.from(new Uint8Array(data).buffer);
  const predictor = usesPredictor.has(page.compression) ? page.predictor : 1;
  if (predictor === 3) undoFloatPredictor(aligned, rowSamples, chunk.channels, page.bits / 8);
  else if (!littleEndian) swapOrder(aligned, page.bits);
  const integers = viewOf(aligned, page.bits);
  if (predictor === 2) undoDifferences(integers, rowSamples, chunk.channels);
  return page.float ? toFloat32(aligned, page.bits) : (integers as Samples);
}

function swapOrder(data: Buffer, bits: number): void {
  if (bits === 16) data.swap16();
  else if (bits === 32) data.swap32();
  else if (bits === 64) data.swap64();
}

function viewOf(data: Buffer, bits: number): Uint8Array | Uint16Array | Uint32Array {
  if (bits === 16) return new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  if (bits === 8) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  return new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
}

/** Predictor 2: each sample is stored as the difference to its left neighbour; the arrays wrap by themselves. */
function undoDifferences(
  samples: Uint8Array | Uint16Array | Uint32Array,
  rowSamples: number,
  step: number,
): void {
  for (let row = 0; row < samples.length; row += rowSamples) {
    for (let at = row + step; at < row + rowSamples; at++) samples[at] = samples[at]! + samples[at - step]!;
  }
}

/** Predictor 3 (Adobe technical note 3): bytes of equal weight stand together, stored as differences. */
function undoFloatPredictor(data: Buffer, rowSamples: number, step: number, size: number): void {
  const rowBytes = rowSamples * size;
  const row = new Uint8Array(rowBytes);
  for (let start = 0; start < data.length; start += rowBytes) {
    for (let at = start + step; at < start + rowBytes; at++) data[at] = data[at]! + data[at - step]!;
    row.set(data.subarray(start, start + rowBytes));
    for (let sample = 0; sample < rowSamples; sample++) {
      for (let byte = 0; byte < size; byte++) {
        data[start + sample * size + size - 1 - byte] = row[byte * rowSamples + sample]!;
      }
    }
  }
}

function toFloat32(data: Buffer, bits: number): Float32Array {
  if (bits === 32) return new Float32Array(data.buffer, data.byteOffset, data.length / 4);
  if (bits === 64) return Float32Array.from(new Float64Array(data.buffer, data.byteOffset, data.length / 8));
  return Float32Array.from(new Uint16Array(data.buffer, data.byteOffset, data.length / 2), halfToNumber);
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Copies a chunk to its place, the extra sample to an array of its own. */
function place(samples: Samples, page: TiffPage, chunk: Chunk, colour: Samples, extra: Samples | null): void {
  const colours = page.colour === 'rgb' ? 3 : 1;
  const wide = Math.min(chunk.width, page.width - chunk.x);
  const high = Math.min(chunk.height, page.height - chunk.y);
  for (let row = 0; row < high; row++) {
    const from = row * chunk.width * chunk.channels;
    const to = (chunk.y + row) * page.width + chunk.x;
    if (chunk.channels === colours && !page.planar) {
      colour.set(samples.subarray(from, from + wide * colours), to * colours);
      continue;
    }
    for (let channel = 0; channel < chunk.channels; channel++) {
      const target = chunk.firstChannel + channel;
      const [out, step, shift] = target < colours ? [colour, colours, target] : [extra!, 1, 0];
      for (let x = 0; x < wide; x++)
        out[(to + x) * step + shift] = samples[from + x * chunk.channels + channel]!;
    }
  }
}

/** Indices as the colours they stand for. The map holds all reds, then greens, then blues, of 16 bits each. */
function paint(indices: Samples, page: TiffPage): Uint8Array {
  const map = numbersOf(page.entries.get(tiffTag.colourMap));
  if (map.length < 768) throw damaged('damage-colour-table');
  // Some writers fill the map with 8-bit numbers.
  const shift = map.some((value) => value > 255) ? 8 : 0;
  const colours = Uint8Array.from(map, (value) => value >> shift);
  const out = new Uint8Array(indices.length * 3);
  for (let pixel = 0, at = 0; pixel < indices.length; pixel++) {
    const index = indices[pixel]!;
    out[at++] = colours[index]!;
    out[at++] = colours[256 + index]!;
    out[at++] = colours[512 + index]!;
  }
  return out;
}

function invert(samples: Samples): void {
  const white = samples instanceof Uint16Array ? 65535 : 255;
  for (let at = 0; at < samples.length; at++) samples[at] = white - samples[at]!;
}
