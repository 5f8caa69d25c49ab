// @ts-check
/** The addon as tfjs-node's own makers compiled it, for machines without a compiler. */
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { Refusal } from '../context.mjs';
import { download } from '../download.mjs';
import { ADDON, packagePaths } from '../layout.mjs';
import { unpack } from '../unpack.mjs';
import { storageHost } from './official-addresses.mjs';

/** @typedef {import('../context.mjs').Context} Context */

/**
 * Where the ready-made addon lies, for the processors it was made for.
 *
 * @param {Context} context
 * @returns {string | undefined}
 */
export function prebuiltAddonUrl({ root, platform, arch, env }) {
  const names = /** @type {Record<string, string>} */ ({
    linux: 'linux',
    darwin: 'darwin',
    win32: 'windows',
  });
  const name = names[platform];
  if (name === undefined || arch !== 'x64') return undefined;
  const { version } = JSON.parse(
    readFileSync(path.join(packagePaths(root).tfjsNode, 'package.json'), 'utf8'),
  );
  const ending = platform === 'win32' ? 'zip' : 'tar.gz';
  return `${storageHost(env)}tf-builds/pre-built-binary/napi-v8/${version}/CPU-${name}-${version}.${ending}`;
}

/**
 * Downloads the ready-made addon into the folder where the libraries lie. On Linux and macOS it looks for them
 * in `../../deps/lib` from its own place, so both move to where it expects them, with a link left at the top.
 *
 * @param {Context} context
 * @param {{ folder: string, libraries: readonly string[], scratch: string }} parts
 */
export async function fetchPrebuiltAddon(context, { folder, libraries, scratch }) {
  const url = prebuiltAddonUrl(context);
  if (url === undefined)
    throw new Refusal(`there is no ready-made addon for ${context.platform}-${context.arch}`);
  const archive = path.join(scratch, path.basename(url));
  await download(context, url, archive);
  const unpacked = path.join(scratch, 'addon');
  await unpack(context, archive, unpacked);
  const addon = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).find(
    (name) => path.basename(name) === ADDON,
  );
  if (addon === undefined) throw new Refusal(`the archive with the ready-made addon holds no ${ADDON}`);

  if (context.platform === 'win32') {
    cpSync(path.join(unpacked, addon), path.join(folder, ADDON));
    return;
  }
  const place = path.join('lib', 'napi-v8');
  const libraryFolder = path.join(folder, 'deps', 'lib');
  mkdirSync(path.join(folder, place), { recursive: true });
  mkdirSync(libraryFolder, { recursive: true });
  for (const name of libraries) renameSync(path.join(folder, name), path.join(libraryFolder, name));
  cpSync(path.join(unpacked, addon), path.join(folder, place, ADDON));
  // Node follows links before it loads, so the addon sees its own place.
  symlinkSync(path.join(place, ADDON), path.join(folder, ADDON));
  rmSync(unpacked, { recursive: true, force: true });
}
