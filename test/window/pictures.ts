import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import sharp from 'sharp';

/** A picture file as another program reads it: its samples as they are stored, and what it says of itself. */
export async function readPicture(path: string) {
  const file = await readFile(path);
  const { format, width, height, depth, density, orientation, hasAlpha, exif, icc, xmp } =
    await sharp(file).metadata();
  const deep = depth === 'ushort';
  const image = sharp(file, { ignoreIcc: true });
  const pixels = await (
    deep ? image.toColourspace('rgb16').raw({ depth: 'ushort' }) : image.raw()
  ).toBuffer();
  return { format, width, height, depth, density, orientation, hasAlpha, exif, icc, xmp, pixels };
}

/** What must not change of a source. */
export async function fingerprint(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return [
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
    size,
    mtimeMs,
  ].join(' ');
}
