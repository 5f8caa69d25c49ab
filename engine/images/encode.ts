import { extname } from 'node:path';
import type { CleanSettings } from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import { extensionLike, formatName, type BitDepth, type ImageFormat } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import type { DecodedPage } from './decode.ts';
import { createLibraryWriter } from './encode-library.ts';
import { createStackWriter } from './encode-tiff.ts';
import type { OpenedImage } from './open.ts';
import { readHeader } from './picture-header.ts';
import { namingFile, Refusal } from './refusal.ts';

export interface EncodeOptions {
  readonly format: CleanSettings['format'];
  /** For JPEG, WebP and AVIF, 1 to 100. */
  readonly quality: number;
  readonly bitDepth: CleanSettings['bitDepth'];
  readonly metadata: CleanSettings['metadata'];
  /** Text of the XMP mark by which our own results are known again. */
  readonly ownMark: string;
}

/** A finished file in memory, and what it holds, for `verifyEncoded`. */
export interface EncodedImage {
  readonly bytes: Buffer;
  readonly format: ImageFormat;
  readonly extension: string;
  readonly bitDepth: BitDepth;
  readonly width: number;
  readonly height: number;
  /** Colour channels in the file: WebP and AVIF have no grey, so a grey picture comes back with 3. */
  readonly channels: 1 | 3;
  readonly pages: number;
  readonly notices: readonly Notice[];
}

/** Takes the pages of one picture as they are finished, so that a long stack is never whole in memory. */
export interface ImageWriter {
  /** Pages come in the order of the file. */
  add(page: DecodedPage): Promise<void>;
  finish(): Promise<EncodedImage>;
}

/** What the writer of a format needs to know beside the pages. */
export interface WritePlan {
  readonly options: EncodeOptions;
  readonly format: ImageFormat;
  readonly bitDepth: BitDepth;
  /** Bits a sample as they are written: AVIF holds 10 or 12 of 16. */
  readonly bits: number;
}

/** A writer for the format and depth that the options ask for, or the nearest that exists. */
export function createWriter(image: OpenedImage, options: EncodeOptions): ImageWriter {
  const plan = planFor(image, options);
  const inner = plan.format === 'tiff' ? createStackWriter(image, plan) : createLibraryWriter(image, plan);
  const notices = [...sourceNotices(image, plan)];
  return {
    add: (page) => {
      notices.push(...page.notices);
      return namingFile(image.file, () => inner.add(page));
    },
    finish: async () => {
      const written = await namingFile(image.file, () => inner.finish());
      const { format, bitDepth } = plan;
      const extension = extensionLike(image.file, format);
      return { ...written, format, bitDepth, extension, notices: distinct([...notices, ...written.notices]) };
    },
  };
}

/** What a writer of one format gives; the rest follows from the plan. */
export interface Written extends Omit<EncodedImage, 'format' | 'extension' | 'bitDepth'> {
  readonly notices: readonly Notice[];
}

export interface FormatWriter {
  add(page: DecodedPage): Promise<void>;
  finish(): Promise<Written>;
}

/** All pages at once, for pictures that fit. */
export async function encodeImage(
  image: OpenedImage,
  pages: readonly DecodedPage[],
  options: EncodeOptions,
): Promise<EncodedImage> {
  const writer = createWriter(image, options);
  for (const page of pages) await writer.add(page);
  return await writer.finish();
}

const depthsOf: Readonly<Record<ImageFormat, readonly BitDepth[]>> = {
  jpeg: [8],
  webp: [8],
  png: [16, 8],
  avif: [16, 8],
  tiff: [32, 16, 8],
};

function planFor({ header, summary }: OpenedImage, options: EncodeOptions): WritePlan {
  const same: ImageFormat = header.format === 'gif' ? 'png' : header.format;
  const format = options.format === 'same' ? same : options.format;
  const wanted = options.bitDepth === 'same' ? summary.bitDepth : options.bitDepth;
  const bitDepth = depthsOf[format].find((depth) => depth <= wanted) ?? 8;
  const stored = header.pages[0]!.storedBits;
  const avifBits = header.format === 'avif' && stored > 8 ? stored : 10;
  return { options, format, bitDepth, bits: format === 'avif' && bitDepth === 16 ? avifBits : bitDepth };
}

/** What has to be said whatever the pixels are. */
function sourceNotices(image: OpenedImage, plan: WritePlan): Notice[] {
  const { header, summary } = image;
  const { format, bits, options } = plan;
  const said: Notice[] = [...header.losses, ...endingNotice(image, plan)];
  if (header.format === 'gif' && options.format === 'same') {
    said.push({ code: 'format-changed', details: { source: formatName.gif, written: formatName.png } });
  }
  const wanted = options.bitDepth === 'same' ? header.pages[0]!.storedBits : options.bitDepth;
  if (wanted !== bits) {
    const code = bits < wanted ? 'depth-reduced' : 'depth-raised';
    said.push({ code, details: { source: wanted, written: bits } });
  }
  if (format !== 'tiff' && summary.pages > 1) {
    said.push({ code: 'pages-lost', details: { pages: summary.pages, format: formatName[format] } });
  }
  return said;
}

/** The name's ending said something else than the content. */
function endingNotice({ file, header }: OpenedImage, { format, options }: WritePlan): Notice[] {
  const ending = extname(file).slice(1);
  const extension = extensionLike(file, format);
  if (options.format !== 'same' || header.format === 'gif' || ending === '' || ending === extension)
    return [];
  return [{ code: 'extension-corrected', details: { format: formatName[format], extension } }];
}

/** Pages of a stack say the same things; they are said once. */
function distinct(notices: readonly Notice[]): Notice[] {
  const seen = new Map(notices.map((notice) => [`${notice.code} ${JSON.stringify(notice.details)}`, notice]));
  return [...seen.values()];
}

/** What a finished file must turn out to be when its header is read back. */
export interface ExpectedContent {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pages: number;
}

/**
 * Reads the header of a finished file back.
 *
 * @throws AppError output-not-verified
 */
export async function verifyEncoded(bytes: Buffer, expected: ExpectedContent, file = ''): Promise<void> {
  const header = await readHeader(bytes).catch((cause: unknown) => {
    if (!(cause instanceof Refusal)) throw cause;
    throw new AppError('output-not-verified', { file }, { cause });
  });
  const first = header.pages[0]!;
  const same =
    first.width === expected.width &&
    first.height === expected.height &&
    first.channels === expected.channels &&
    first.orientation === 1 &&
    header.pages.length === expected.pages;
  if (!same) throw new AppError('output-not-verified', { file });
}
