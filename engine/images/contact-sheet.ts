import sharp from 'sharp';
import type { ImageFormat } from '../../contract/image.ts';
import { whiteOf, type Raster } from '../../model/image.ts';
import type { DecodedPage } from './decode.ts';

/** Pictures that are shown side by side, at the same place and at 100 %. */
export type SheetRow = readonly DecodedPage[];

/** In pixels: the crops, and the ground between and around them. */
export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  readonly gap: number;
}
const usualLayout: SheetLayout = { width: 400, height: 300, gap: 12 };
/** A neutral ground, on which colours are judged as they are. */
const GROUND = 119;

/**
 * A sheet of crops on neutral grey, a row for each picture and a column for each of its versions (noisy, cleaned,
 * clean). Crops show the middle of the picture, pixel for pixel; smaller pictures are shown whole.
 */
export async function drawContactSheet(
  rows: readonly SheetRow[],
  format: ImageFormat,
  layout = usualLayout,
): Promise<Buffer> {
  const { gap } = layout;
  const columns = Math.max(1, ...rows.map((row) => row.length));
  const width = gap + columns * (layout.width + gap);
  const height = gap + rows.length * (layout.height + gap);
  const sheet = {
    width,
    height,
    channels: 3,
    samples: new Uint8Array(width * height * 3).fill(GROUND),
  } as const;
  for (const [y, row] of rows.entries()) {
    for (const [x, page] of row.entries()) {
      drawCrop(page, sheet, layout, gap + x * (layout.width + gap), gap + y * (layout.height + gap));
    }
  }
  return sharp(sheet.samples, { raw: { width, height, channels: 3 } })
    .toFormat(format, { quality: 92, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

function drawCrop(
  { raster, alpha }: DecodedPage,
  sheet: Raster<Uint8Array>,
  crop: SheetLayout,
  left: number,
  top: number,
): void {
  const width = Math.min(crop.width, raster.width);
  const height = Math.min(crop.height, raster.height);
  const from = { x: (raster.width - width) >> 1, y: (raster.height - height) >> 1 };
  const to = { x: left + ((crop.width - width) >> 1), y: top + ((crop.height - height) >> 1) };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = (from.y + y) * raster.width + from.x + x;
      const at = ((to.y + y) * sheet.width + to.x + x) * 3;
      const cover = alpha ? alpha.samples[pixel]! / whiteOf(alpha.samples) : 1;
      for (let c = 0; c < 3; c++)
        sheet.samples[at + c] = GROUND + cover * (level(raster, pixel, c) - GROUND) + 0.5;
    }
  }
}

/** A sample on the scale from 0 to 255; grey pictures answer the same for each colour. */
function level({ channels, samples }: Raster, pixel: number, channel: number): number {
  const sample = samples[pixel * channels + (channels === 1 ? 0 : channel)]!;
  return 255 * Math.min(1, Math.max(0, sample / whiteOf(samples)));
}
