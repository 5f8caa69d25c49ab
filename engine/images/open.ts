import sharp from 'sharp';
import { AppError } from '../../contract/errors.ts';
import type { BitDepth, ImageSummary, SourceFormat } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import { readOwnMark } from './own-mark.ts';
import { readRegularFile, type FileFacts } from './read-file.ts';

export interface OpenOptions {
  /** Size and time when the work was planned; a file that differs is refused as changed. */
  readonly expected?: { readonly bytes: number; readonly modifiedMs: number };
  /** Decode damaged files as far as they go; the result is marked. */
  readonly salvage?: boolean;
  /** Bytes of memory that decoding and encoding may take; 0 or absent: no bound but the hard line. */
  readonly memory?: number;
  readonly signal?: AbortSignal;
}

/** A picture file that was read and looked at, not yet decoded. */
export interface OpenedImage {
  readonly file: string;
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly stat: FileFacts;
  readonly summary: ImageSummary;
  readonly notices: readonly Notice[];
  readonly salvage: boolean;
}

export async function openImage(file: string, options: OpenOptions = {}): Promise<OpenedImage> {
  const { bytes, sha256, stat } = await readRegularFile(file, options);
  const summary = await summarise(file, bytes);
  return { file, bytes, sha256, stat, summary, notices: [], salvage: options.salvage ?? false };
}

async function summarise(file: string, bytes: Buffer): Promise<ImageSummary> {
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw new AppError('image-damaged', { file, reason: 'its header cannot be read' }, { cause });
    });
  const turned = (header.orientation ?? 1) > 4;
  return {
    format: (header.format === 'heif' ? 'avif' : header.format) as SourceFormat,
    width: turned ? header.height : header.width,
    height: turned ? header.width : header.height,
    channels: header.channels < 3 ? 1 : 3,
    alpha: header.hasAlpha,
    bitDepth: ({ uchar: 8, ushort: 16, float: 32 }[header.depth as string] ?? 8) as BitDepth,
    pages: header.format === 'tiff' ? (header.pages ?? 1) : 1,
    bytes: bytes.length,
    ownOutput: readOwnMark(bytes),
  };
}
