/**
 * Takes a picture of every screen and state that matters, light and dark, for docs/screenshots/:
 *
 *   node tools/screenshots/take.mjs [name of a state …]
 *
 * The app must have been built (npm run setup), and a Chromium be there.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const { status } = spawnSync(
  process.execPath,
  [
    join(import.meta.dirname, '../../bench/run.mjs'),
    join(import.meta.dirname, 'screenshots.ts'),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
