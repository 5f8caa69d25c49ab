import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import sharp from 'sharp';

/** Two soft waves of colour with noise on them: a picture there is something to clean in. */
export function noisyPixels(width: number, height: number, seed = 1, noiseFactor = 0.1): Buffer {
  const random = mulberry(seed);
  const pixels = Buffer.alloc(width * height * 3);
  for (let index = 0; index < pixels.length; index++) {
    const pixel = Math.floor(index / 3);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const clean = 0.5 + 0.2 * Math.sin(x / 17 + (index % 3)) + 0.15 * Math.cos(y / 23);
    pixels[index] = Math.round(Math.min(1, Math.max(0, clean + noiseFactor * gaussian(random))) * 255);
  }
  return pixels;
}

/** Writes such a picture in the format its name says, with an old time of change. */
export async function writeNoisy(
  file: string,
  { width = 64, height = 48, seed = 1, noiseFactor = 0.1 } = {},
): Promise<void> {
  const image = sharp(noisyPixels(width, height, seed, noiseFactor), { raw: { width, height, channels: 3 } });
  const encoded = extname(file) === '.jpg' ? image.jpeg({ quality: 97 }) : image.png();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await encoded.toBuffer());
  await utimes(file, 1.6e9, 1.6e9);
}

const gaussian = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Tommy Ettinger's mulberry32. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
