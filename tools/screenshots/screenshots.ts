import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { writeNoisy } from '../../test/cli/noisy-pictures.ts';
import { call } from '../../test/window/app-calls.ts';
import { root } from '../../test/window/hosts.ts';
import { Product } from '../../test/window/product.ts';
import { states } from './states.ts';

const folder = join(root, 'docs/screenshots');
/** All of them together are a small part of what a clone of the repository brings. */
const mostBytes = 95_000;
/** Tiles that are still on their way are waited for so long after nothing else moves. */
const restMs = 4000;

const wanted = process.argv.slice(2);
const product = await Product.open({ viewport: { width: 1280, height: 800 } });
try {
  await mkdir(folder, { recursive: true });
  for (const name of ['Holiday', 'Scans', 'Archive'])
    await writeNoisy(join(product.person, name, 'picture.png'));
  for (const name of ['harbour', 'market', 'station']) await writeNoisy(join(product.person, `${name}.png`));
  for (const { name, reach } of states) {
    await reach(product);
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await product.page.mouse.move(640, 4);
    await product.page.waitForTimeout(restMs);
    for (const theme of ['light', 'dark'] as const) {
      await call(product.page, 'changeSettings', { theme });
      await product.page.waitForTimeout(600);
      const file = join(folder, `${name}-${theme}.png`);
      const bytes = await reduced(await product.page.screenshot());
      await writeFile(file, bytes);
      console.log(`${file}  ${Math.round(bytes.length / 1000)} kB`);
    }
  }
} finally {
  await product.close();
}

/** As many colours as fit. */
async function reduced(png: Buffer): Promise<Buffer> {
  let smallest = png;
  for (const colours of [256, 160, 96, 64, 48, 32]) {
    smallest = await sharp(png)
      .png({ palette: true, colours, dither: 0.6, effort: 8, compressionLevel: 9 })
      .toBuffer();
    if (smallest.length <= mostBytes) break;
  }
  return smallest;
}
