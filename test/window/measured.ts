import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './hosts.ts';

/**
 * A home that was never used measures this machine's backends first, which takes some seconds. Here that is done once:
 * what one test has measured is in the home of the next.
 */
const kept = join(root, '.cache', 'window-tests');
const name = 'backends.json';

export async function lendMeasurement(home: string): Promise<void> {
  const cache = join(home, 'cache');
  await mkdir(cache, { recursive: true, mode: 0o700 });
  await copyFile(join(kept, name), join(cache, name)).catch(() => {});
}

export async function keepMeasurement(home: string): Promise<void> {
  const measured = await readFile(join(home, 'cache', name)).catch(() => null);
  const before = await readFile(join(kept, name)).catch(() => null);
  if (!measured || before?.equals(measured)) return;
  await mkdir(kept, { recursive: true });
  const part = join(kept, `${name}.${process.pid}`);
  await writeFile(part, measured);
  await rename(part, join(kept, name));
}
