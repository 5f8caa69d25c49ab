// @ts-check
/**
 * Starts a packaged app with a picture, waits until its window has listed and shown it, and quits.
 *
 *   node tools/package/smoke-test.mjs EXECUTABLE
 *
 * The fuses leave no inspector to drive it with, so it is judged by what it writes: the log of its engine.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownRoot } from '../setup/context.mjs';

const SECONDS = 90;

const home = mkdtempSync(path.join(os.tmpdir(), 'unspeckle-smoke-'));
const picture = path.join(ownRoot, 'samples', 'noisy', 'diatoms.png');
const child = spawn(process.argv[2] ?? '', [picture], {
  stdio: 'inherit',
  env: { ...process.env, UNSPECKLE_HOME: home },
});
let ended = false;
child.once('error', () => (ended = true));
child.once('exit', () => (ended = true));

const logs = path.join(home, 'logs');
/** The engine writes of its start; it is started for the page that asks to see the picture. */
const hasEngine = () =>
  existsSync(logs) &&
  readdirSync(logs).some((name) =>
    /started as process \d+/.test(readFileSync(path.join(logs, name), 'utf8')),
  );

let seen = false;
for (let second = 0; second < SECONDS && !ended && !seen; second++) {
  await sleep(1000);
  seen = hasEngine();
}
// It must also stay: a window that can't be drawn ends soon after.
if (seen) await sleep(5000);
const well = seen && !ended;
child.kill();
process.stderr.write(
  well ? 'The app runs, and its engine too.\n' : `The app ${ended ? 'ended' : 'started no engine'}.\n`,
);
process.exitCode = well ? 0 : 1;
