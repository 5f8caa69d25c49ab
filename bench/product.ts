import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './engine-parts.ts';

/** The built product's command line with a home of its own: models of a measurement are no models of a person. */
export function productIn(home: string): (...args: string[]) => Record<string, unknown> {
  return (...args) => {
    const { stdout, status } = spawnSync(process.execPath, [join(root, 'out/cli.js'), ...args, '--json'], {
      env: { ...process.env, UNSPECKLE_HOME: home },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = stdout.trim().split('\n');
    if (status !== 0) throw new Error(`unspeckle ${args.join(' ')} ended with ${status}: ${lines.at(-1)}`);
    return JSON.parse(lines.at(-1)!) as Record<string, unknown>; // the last line sums up
  };
}
