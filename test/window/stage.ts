import type { Locator, Page } from 'playwright';
import sharp from 'sharp';
import { saying } from './wording.ts';

/** What the viewer shows at this moment, read from its canvas: 8-bit RGB. */
export interface Shown {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
}

/** Where the viewer takes keys. */
export const stage = (page: Page): Locator => page.getByRole('application', { name: saying('stage') });

export async function shown(page: Page): Promise<Shown> {
  const address = await stage(page)
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL('image/png'));
  const png = Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

/** A part of it, in canvas pixels around a middle that is given as shares of width and height. */
export function part({ width, height, pixels }: Shown, x: number, y: number, side = 60): Shown {
  const left = Math.round(width * x - side / 2);
  const top = Math.round(height * y - side / 2);
  const lines = Array.from({ length: side }, (_, line) => {
    const start = ((top + line) * width + left) * 3;
    return pixels.subarray(start, start + side * 3);
  });
  return { width: side, height: side, pixels: Buffer.concat(lines) };
}

/** Mean difference between neighbours along a line, in 8-bit levels: noise makes it large. */
export function roughness({ width, height, pixels }: Shown): number {
  let sum = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 1; x < width; x++) {
      const at = (y * width + x) * 3;
      sum += Math.abs((pixels[at] ?? 0) - (pixels[at - 3] ?? 0));
    }
  }
  return sum / (height * (width - 1));
}

export const mean = ({ pixels }: Shown): number =>
  pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
