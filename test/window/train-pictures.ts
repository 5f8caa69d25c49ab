import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp from 'sharp';

/** A clean picture of its own: soft waves of colour, their directions by the seed. */
export async function writeSmooth(file: string, seed: number): Promise<void> {
  const [width, height] = [96, 80];
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < pixels.length; i++) {
    const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    const wave = Math.sin((x * seed + y * (13 - seed)) / 60 + channel) + Math.cos((x - y * seed) / 40);
    pixels[i] = Math.round(127 + 55 * wave);
  }
  await mkdir(dirname(file), { recursive: true });
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
}
