// @ts-check
/** Finds libtensorflow in a folder of unknown making, and brings it into ours. */
import { constants, existsSync, realpathSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { libraryNames } from './layout.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * @typedef {object} Libtensorflow
 * @property {{ name: string, file: string }[]} libraries the names the addon asks for, and where they lie
 * @property {string | undefined} includes the folder with `tensorflow/c/c_api.h`
 */

/**
 * Looks through the shapes such a folder comes in: an unpacked archive (`lib/`, `include/`), a system prefix,
 * the library folder itself, Python's `tensorflow` package.
 *
 * @param {Context} context
 * @param {string} folder
 * @returns {Libtensorflow | undefined}
 */
export function findLibtensorflow({ platform }, folder) {
  const { main, framework } = libraryNames(platform);
  const places = ['.', 'lib', 'lib64'].map((name) => path.join(folder, name));
  for (const place of places) {
    const found = [main, framework]
      .map((names) => names.find((name) => existsSync(path.join(place, name))))
      .filter((name) => name !== undefined);
    if (!found.some((name) => main.includes(name))) continue;
    const libraries = found.map((name) => ({ name, file: realpathSync(path.join(place, name)) }));
    return { libraries, includes: findIncludes(folder) };
  }
  return undefined;
}

/** @param {string} folder */
function findIncludes(folder) {
  const places = ['include', '../include', 'include/tensorflow', '../include/tensorflow', '.'];
  return places
    .map((place) => path.resolve(folder, place))
    .find((place) => existsSync(path.join(place, 'tensorflow', 'c', 'c_api.h')));
}

/**
 * @param {Libtensorflow} found
 * @param {string} folder
 * @param {'copy' | 'move'} how
 * @returns {Promise<string[]>} the libraries' file names in the folder
 */
export async function bringLibraries({ libraries }, folder, how) {
  for (const { name, file } of libraries) {
    const target = path.join(folder, name);
    if (how === 'move') await rename(file, target);
    else await copyFile(file, target, constants.COPYFILE_FICLONE);
  }
  return libraries.map(({ name }) => name);
}
