import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './hosts.ts';
import type { Product } from './product.ts';

/** Runs `unspeckle` as the person who uses the window would, on the same home. @throws when it fails */
export async function unspeckle({ env }: Product, ...argv: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'out/cli.js'), ...argv], {
    env,
  });
  return stdout;
}
