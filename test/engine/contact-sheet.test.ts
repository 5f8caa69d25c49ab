import { expect, test } from 'vitest';
import sharp from 'sharp';
import { drawContactSheet } from '../../engine/images/contact-sheet.ts';
import type { DecodedPage } from '../../engine/images/decode.ts';
import type { Raster } from '../../model/image.ts';

const page = (raster: Raster, alpha: Raster | null = null): DecodedPage => ({
  page: 0,
  raster,
  alpha,
  notices: [],
  range: null,
});

const flat = (width: number, height: number, value: number, channels: 1 | 3 = 3): Raster => ({
  width,
  height,
  channels,
  samples: new Uint8Array(width * height * channels).fill(value),
});

async function pixelsOf(sheet: Buffer) {
  const { data, info } = await sharp(sheet).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [
    ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
  ];
  return { ...info, at };
}

test('versions stand side by side on neutral grey, rows below each other', async () => {
  const sheet = await drawContactSheet(
    [[page(flat(500, 400, 10)), page(flat(500, 400, 200))], [page(flat(500, 400, 90, 1))]],
    'png',
  );
  const { width, height, at } = await pixelsOf(sheet);
  expect([width, height]).toEqual([12 + 2 * 412, 12 + 2 * 312]);
  expect(at(0, 0)).toEqual([119, 119, 119]);
  expect(at(12, 12)).toEqual([10, 10, 10]);
  expect(at(12 + 412, 12)).toEqual([200, 200, 200]);
  expect(at(12, 12 + 312)).toEqual([90, 90, 90]);
  expect(at(12 + 412, 12 + 312)).toEqual([119, 119, 119]);
});

test('small pictures are shown whole, deep ones in 8 bit, and the ground shines through where they are transparent', async () => {
  const raster: Raster = { width: 2, height: 1, channels: 1, samples: Uint16Array.of(65535, 65535) };
  const alpha: Raster = { width: 2, height: 1, channels: 1, samples: Uint16Array.of(65535, 0) };
  const { at } = await pixelsOf(await drawContactSheet([[page(raster, alpha)]], 'png'));
  expect(at(12 + 199, 12 + 149)).toEqual([255, 255, 255]);
  expect(at(12 + 200, 12 + 149)).toEqual([119, 119, 119]);
});
