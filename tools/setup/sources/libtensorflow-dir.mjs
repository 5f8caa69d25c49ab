// @ts-check
/** A libtensorflow that the person already has, named by `LIBTENSORFLOW_DIR`. */
import { statSync } from 'node:fs';
import { Refusal } from '../context.mjs';
import { bringLibraries, findLibtensorflow } from '../libtensorflow.mjs';
import { libraryNames } from '../layout.mjs';
import { makeAddon, requireAddonMaker } from './addon.mjs';

/** @typedef {import('../make-native.mjs').Source} Source */

/** @type {Source} */
export const libtensorflowDir = {
  name: 'libtensorflow-dir',
  title: 'the folder LIBTENSORFLOW_DIR',
  isAsked: ({ env }) => Boolean(env['LIBTENSORFLOW_DIR']),

  async make(context, { folder, scratch }) {
    const given = context.env['LIBTENSORFLOW_DIR'] ?? '';
    if (!statSync(given, { throwIfNoEntry: false })?.isDirectory())
      throw new Refusal(`${given} is not a folder`);
    const found = findLibtensorflow(context, given);
    if (found === undefined) {
      throw new Refusal(
        `no ${libraryNames(context.platform).main.join(' or ')} in ${given} or its lib folder`,
      );
    }
    const { compiler } = await requireAddonMaker(context);
    // A copy: the result must not break when that folder is moved or updated.
    const libraries = await bringLibraries(found, folder, 'copy');
    await makeAddon(context, { compiler, includes: found.includes, folder, libraries, scratch });
  },
};
