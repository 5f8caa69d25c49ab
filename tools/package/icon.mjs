// @ts-check
/**
 * Draws the app's icon, a disc that is noisy on its left and clean on its right, from electron/icon.svg.
 *
 *   node tools/package/icon.mjs
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { ownRoot } from '../setup/context.mjs';

const SIDE = 512;
const GRAIN = 12;

/** Grains of light and dark over the left half; the same every time. */
function grains() {
  let state = 7;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const rectangles = [];
  for (let y = 106; y < 406; y += GRAIN) {
    for (let x = 106; x < 252; x += GRAIN) {
      const light = random() - 0.5;
      const fill = light > 0 ? '#fff' : '#000';
      const size = `width="${Math.min(GRAIN, 252 - x)}" height="${GRAIN}"`;
      rectangles.push(
        `<rect x="${x}" y="${y}" ${size} fill="${fill}" opacity="${(Math.abs(light) * 1.1).toFixed(2)}"/>`,
      );
    }
  }
  return rectangles.join('');
}

const folder = path.join(ownRoot, 'electron');
const drawing = readFileSync(path.join(folder, 'icon.svg'), 'utf8').replace('<g id="noise"/>', grains());
await sharp(Buffer.from(drawing), { density: 144 })
  .resize(SIDE, SIDE)
  .png({ palette: true, compressionLevel: 9 })
  .toFile(path.join(folder, 'icon.png'));
