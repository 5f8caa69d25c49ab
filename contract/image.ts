/** What can be written. GIF is read, and written as PNG. */
export const imageFormats = ['png', 'jpeg', 'tiff', 'webp', 'avif'] as const;
export type ImageFormat = (typeof imageFormats)[number];
export type SourceFormat = ImageFormat | 'gif';

export const extensionOf: Readonly<Record<ImageFormat, string>> = {
  png: 'png',
  jpeg: 'jpg',
  tiff: 'tif',
  webp: 'webp',
  avif: 'avif',
};

/** Endings a format goes by. */
const endings: Readonly<Record<ImageFormat, readonly string[]>> = {
  png: ['png', 'apng'],
  jpeg: ['jpg', 'jpeg', 'jpe', 'jfif'],
  tiff: ['tif', 'tiff'],
  webp: ['webp'],
  avif: ['avif'],
};

/** The ending of a file name, as it is written there, where the format goes by it; else the usual one. */
export function extensionLike(fileName: string, format: ImageFormat): string {
  const ending = /\.([A-Za-z]+)$/.exec(fileName)?.[1] ?? '';
  return endings[format].includes(ending.toLowerCase()) ? ending : extensionOf[format];
}

/** Formats as people write them. */
export const formatName: Readonly<Record<SourceFormat, string>> = {
  png: 'PNG',
  jpeg: 'JPEG',
  tiff: 'TIFF',
  webp: 'WebP',
  avif: 'AVIF',
  gif: 'GIF',
};

/** Names by which a picture is picked up from a folder. What a file is goes by its content. */
export const pictureExtensions: readonly string[] = [
  'png', 'apng', 'jpg', 'jpeg', 'jpe', 'jfif', 'tif', 'tiff', 'webp', 'avif', 'gif',
]; // prettier-ignore

/** Pictures that people have and that cannot be read here: picked up, so that the way out is told. */
export const unreadableExtensions: readonly string[] = [
  'heic', 'heif', 'jxl', 'jp2', 'j2k', 'dng', 'cr2', 'cr3', 'nef', 'arw', 'orf', 'rw2', 'raf', 'pef', 'srw',
  'bmp', 'psd', 'svg', 'svgz',
]; // prettier-ignore

/** Bits a sample: 8 and 16 are unsigned integers, 32 is float. */
export type BitDepth = 8 | 16 | 32;

/** What a file is, read from its header; sizes in pixels, upright (after EXIF orientation). */
export interface ImageSummary {
  readonly format: SourceFormat;
  readonly width: number;
  readonly height: number;
  /** Colour channels, alpha not counted: 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
  readonly alpha: boolean;
  readonly bitDepth: BitDepth;
  readonly pages: number;
  readonly bytes: number;
  /** True when Unspeckle wrote the file: it carries our mark. */
  readonly ownOutput: boolean;
}
