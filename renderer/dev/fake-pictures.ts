import type { ViewTile } from '../../contract/view.ts';

/** A made-up scene, the same for every size: a sky with a soft gradient, hills, and fine lines to lose. */
export function scene(x: number, y: number): [number, number, number] {
  const hill = 0.55 + 0.12 * Math.sin(x * 5.1) + 0.05 * Math.sin(x * 17 + 1);
  if (y < hill) {
    const glow = Math.exp(-((x - 0.7) ** 2 + (y - 0.35) ** 2) * 14);
    return [0.42 + 0.3 * y + 0.3 * glow, 0.55 + 0.2 * y + 0.16 * glow, 0.72 + 0.05 * y - 0.1 * glow];
  }
  const stripes = 0.07 * Math.sin((x * 90 + y * 40) * (1 + y)) + 0.05 * Math.sin(y * 260);
  const depth = (y - hill) * 0.7;
  return [0.22 + depth * 0.4 + stripes, 0.34 + depth * 0.3 + stripes, 0.18 + depth * 0.2 + stripes * 0.5];
}

/** Even noise from the place alone, so that the same pixel is the same in every tile. */
export function noiseAt(x: number, y: number, seed: number): number {
  let hash = (x * 374761393 + y * 668265263 + seed * 2147483647) | 0;
  hash = Math.imul(hash ^ (hash >>> 13), 1274126177);
  return (((hash ^ (hash >>> 16)) >>> 0) / 0xffffffff - 0.5) * 3.46;
}

/** Pixels of a tile as the engine would make them, roughly: noise that is taken away by factor and strength. */
export async function drawTile(tile: ViewTile, size: { width: number; height: number }): Promise<Blob> {
  const { region, reduction, choices } = tile;
  const width = Math.max(1, Math.ceil(region.width / reduction));
  const height = Math.max(1, Math.ceil(region.height / reduction));
  const pixels = new ImageData(width, height);
  const own = choices.added ? 0 : 0.09;
  const added = choices.added?.noiseFactor ?? own;
  const told = choices.noiseFactor === 'auto' ? own : choices.noiseFactor;
  const taken = Math.min(1, told / Math.max(added, 0.001)) * choices.strength;
  const left = { clean: 0, noisy: 1, denoised: 1 - 0.93 * taken, residual: taken }[tile.layer];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = region.x + column * reduction;
      const y = region.y + row * reduction;
      const colour = tile.layer === 'residual' ? [0.5, 0.5, 0.5] : scene(x / size.width, y / size.height);
      for (let channel = 0; channel < 3; channel++) {
        const grain = noiseAt(x, y, channel + (choices.added?.seed ?? 0) * 7) * added * left;
        const amplified =
          tile.layer === 'residual' ? grain * tile.amplification : grain / Math.sqrt(reduction);
        pixels.data[(row * width + column) * 4 + channel] = ((colour[channel] ?? 0) + amplified) * 255;
      }
      pixels.data[(row * width + column) * 4 + 3] = 255;
    }
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}
