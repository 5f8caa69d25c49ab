// @ts-check
/** Gets a package for another machine out of the registry, which npm itself would not install here. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Refusal } from '../setup/context.mjs';
import { lastWords, run } from '../setup/process.mjs';
import { unpack } from '../setup/unpack.mjs';

/** @typedef {import('../setup/context.mjs').Context} Context */

const PACK_SECONDS = 300;

/**
 * @param {Context} context
 * @param {string} name
 * @param {string} version exact
 * @returns {Promise<string>} its folder, kept in .cache/packages/
 * @throws {Refusal} when the registry does not give it
 */
export async function fetchPackage(context, name, version) {
  const { root, env, platform, signal } = context;
  const cache = path.join(root, '.cache', 'packages');
  const finished = path.join(cache, `${name.replace('/', '+')}-${version}`);
  if (existsSync(finished)) return path.join(finished, 'package');
  const making = `${finished}.part`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  const npm = platform === 'win32' ? ['cmd.exe', '/c', 'npm'] : ['npm'];
  const args = [...npm.slice(1), 'pack', `${name}@${version}`, '--pack-destination', making, '--silent'];
  const done = await run(npm[0] ?? 'npm', args, { seconds: PACK_SECONDS, cwd: making, env, signal });
  const archive = readdirSync(making).find((file) => file.endsWith('.tgz'));
  if (done.code !== 0 || archive === undefined) {
    throw new Refusal(`npm does not give ${name}@${version}: ${lastWords(done)}`);
  }
  await unpack(context, path.join(making, archive), making);
  rmSync(path.join(making, archive));
  renameSync(making, finished);
  return path.join(finished, 'package');
}
