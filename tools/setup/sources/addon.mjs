// @ts-check
/** The addon beside its libraries: compiled where there is a compiler, ready-made where there is none. */
import { Refusal } from '../context.mjs';
import { compileAddon, findCompiler } from '../compile.mjs';
import { installCommand } from '../system-packages.mjs';
import { fetchPrebuiltAddon, prebuiltAddonUrl } from './prebuilt-addon.mjs';

/** @typedef {import('../context.mjs').Context} Context */

/**
 * Says early that an addon can't be had, before anything large is fetched.
 *
 * @param {Context} context
 * @returns {Promise<{ compiler: string | undefined }>}
 * @throws {Refusal}
 */
export async function requireAddonMaker(context) {
  const compiler = await findCompiler(context);
  if (compiler === undefined && prebuiltAddonUrl(context) === undefined) throw noCompiler(context);
  return { compiler };
}

/** @param {Context} context */
export function noCompiler(context) {
  return new Refusal(`there is no C++ compiler here (${installCommand(context, ['compiler'])})`);
}

/**
 * @param {Context} context
 * @param {{ compiler: string | undefined, includes: string | undefined, folder: string, libraries: string[], scratch: string }} parts
 */
export async function makeAddon(context, { compiler, includes, folder, libraries, scratch }) {
  if (compiler === undefined) await fetchPrebuiltAddon(context, { folder, libraries, scratch });
  else if (includes === undefined)
    throw new Refusal('the headers are missing (no tensorflow/c/c_api.h beside the libraries)');
  else await compileAddon(context, { compiler, includes, folder, libraries });
}
