// @ts-check
/**
 * Lays out what goes beside the packed window, for one machine, in out/package/<system>-<arch>/.
 *
 *   node tools/package/stage.mjs [--platform linux|darwin|win32] [--arch x64|arm64]
 *
 * electron-builder does this by itself (before-pack.mjs).
 */
import { chmodSync, copyFileSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createContext } from '../setup/context.mjs';
import { runStep } from '../setup/run-step.mjs';
import { fetchPackage } from './fetch-package.mjs';
import { planPackage } from './plan.mjs';
import { machineOf, stagingFolder, targetFrom } from './target.mjs';
import { thirdParty, writeThirdParty } from './third-party.mjs';

/**
 * @param {import('../setup/context.mjs').Context} context
 * @param {import('./target.mjs').Target} target
 * @param {(name: string, version: string) => Promise<string>} fetchOther the folder of a package that is not installed here
 * @returns {Promise<string>} the folder
 */
export async function stage(
  context,
  target,
  fetchOther = (name, version) => fetchPackage(context, name, version),
) {
  const { root, say } = context;
  const folder = path.join(root, 'out', stagingFolder(target));
  const plan = await planPackage(root, target, fetchOther);
  rmSync(folder, { recursive: true, force: true });
  for (const { from, to } of plan.copies) {
    const file = path.join(folder, to);
    mkdirSync(path.dirname(file), { recursive: true });
    // What a link points to, so that nothing leads out of the package.
    copyFileSync(realpathSync(from), file);
  }
  writeThirdParty(path.join(folder, 'third-party'), await thirdParty(root, target, fetchOther));
  if (target.platform !== 'win32') chmodSync(path.join(folder, 'node', 'node'), 0o755);
  if (!plan.trains)
    say(`No native TensorFlow for ${machineOf(target)} here: this package cleans, and does not train.`);
  return folder;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await runStep(async (signal) => {
    const { values } = parseArgs({ options: { platform: { type: 'string' }, arch: { type: 'string' } } });
    const target = targetFrom(values.platform ?? process.platform, values.arch ?? process.arch);
    const context = createContext({ signal });
    context.say(await stage(context, target));
  });
}
