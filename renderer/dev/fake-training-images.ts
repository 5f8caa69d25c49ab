import { noiseAt, scene } from './fake-pictures.ts';

const side = 256;

/** The address of a made-up picture: a piece of the scene by its pin, as noisy as the layer is. */
export function drawTrainingImage(path: string): string {
  const parts = path.split('/');
  const layer = parts.at(-1) ?? '';
  const number = Number(/\d+/.exec(parts.at(-2) ?? '')?.[0] ?? 0);
  const step = Number(/^step-(\d+)$/.exec(layer)?.[1] ?? 0);
  const left = layer === 'clean' ? 0 : layer === 'noisy' ? 1 : 0.12 + 0.75 * Math.exp(-step / 700);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const pixels = new ImageData(side, side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const colour = scene(
        0.08 + number * 0.21 + (x / side) * 0.3,
        0.35 + ((number * 3) % 4) * 0.08 + (y / side) * 0.35,
      );
      colour.forEach((value, channel) => {
        const grain = noiseAt(x + number * 999, y, channel) * 0.14 * left;
        pixels.data[(y * side + x) * 4 + channel] = (value + grain) * 255;
      });
      pixels.data[(y * side + x) * 4 + 3] = 255;
    }
  }
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  return canvas.toDataURL();
}
