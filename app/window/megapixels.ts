import { extname } from 'node:path';
import type { Row } from './row.ts';

/** Bytes a pixel of a usual file, by its ending, for pictures of which nothing better is known. */
const usualBytes: Readonly<Record<string, number>> = {
  png: 2,
  tif: 4,
  tiff: 4,
  webp: 0.25,
  avif: 0.15,
  gif: 0.7,
};
const otherBytes = 0.4;

export const megapixelsOf = ({ width, height, pages }: NonNullable<Row['summary']>): number =>
  (width * height * pages) / 1e6;

/** Tells megapixels of rows; those whose size is not known yet are estimated from the others of their kind. */
export function megapixelTeller(rows: readonly Row[]): (row: Row) => number {
  const known = new Map<string, { pixels: number; bytes: number }>();
  for (const row of rows) {
    if (!row.summary || row.bytes === 0) continue;
    const sum = known.get(endingOf(row)) ?? { pixels: 0, bytes: 0 };
    sum.pixels += megapixelsOf(row.summary);
    sum.bytes += row.bytes;
    known.set(endingOf(row), sum);
  }
  return (row) => {
    if (row.summary) return megapixelsOf(row.summary);
    const like = known.get(endingOf(row));
    return like
      ? (row.bytes * like.pixels) / like.bytes
      : row.bytes / 1e6 / (usualBytes[endingOf(row)] ?? otherBytes);
  };
}

const endingOf = ({ source }: Row): string => extname(source).slice(1).toLowerCase();
