import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { writeNoisy } from '../../test/cli/noisy-pictures.ts';
import { call } from '../../test/window/app-calls.ts';
import { root } from '../../test/window/hosts.ts';
import { Product } from '../../test/window/product.ts';
import { expect } from '../../test/window/controls.ts';
import { say } from '../../test/window/wording.ts';
import { states, themes } from './states.ts';
import { showUsualPlaces } from './usual-places.ts';

const folder = join(root, 'docs/screenshots');
/** All of them together are a small part of what a clone of the repository brings. */
const mostBytes = 250_000;
const wanted = process.argv.slice(2);
const product = await Product.open({ viewport: { width: 1280, height: 800 } });
try {
  await showUsualPlaces(product);
  await mkdir(folder, { recursive: true });
  for (const name of ['Holiday', 'Scans', 'Archive'])
    await writeNoisy(join(product.person, name, 'picture.png'));
  for (const name of ['harbour', 'market', 'station']) await writeNoisy(join(product.person, `${name}.png`));
  for (const state of states) {
    const { name } = state;
    await state.reach(product);
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await product.page.mouse.move(640, 4);
    // First the last move comes to rest, then what it asked for arrives.
    await product.page.waitForTimeout(800);
    for (const busy of ['view-waiting', 'opening'] as const) {
      await expect(product.page.getByText(say(busy), { exact: true })).toBeHidden({ timeout: 120_000 });
    }
    for (const theme of state.themes ?? themes) {
      await call(product.page, 'changeSettings', { theme });
      await product.page.waitForTimeout(400);
      const file = join(folder, `${name}-${theme}.png`);
      const bytes = await reduced(await product.page.screenshot({ animations: 'disabled' }));
      await writeFile(file, bytes);
      console.log(`${file}  ${Math.round(bytes.length / 1000)} kB`);
    }
  }
} catch (error) {
  console.error(error, await product.page.locator('body').ariaSnapshot().catch(String));
  process.exitCode = 1;
} finally {
  await product.close();
}

/** As many colours as fit. */
async function reduced(png: Buffer): Promise<Buffer> {
  let smallest = png;
  for (const colours of [256, 128, 64, 32]) {
    smallest = await sharp(png)
      .png({ palette: true, colours, dither: 0.3, effort: 8, compressionLevel: 9 })
      .toBuffer();
    if (smallest.length <= mostBytes) break;
  }
  return smallest;
}
