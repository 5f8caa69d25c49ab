// @ts-check
/** The libtensorflow archive that tfjs-node's own install script would download. */
import path from 'node:path';
import { Refusal } from '../context.mjs';
import { download } from '../download.mjs';
import { requireSpace } from '../disk-space.mjs';
import { bringLibraries, findLibtensorflow } from '../libtensorflow.mjs';
import { unpack } from '../unpack.mjs';
import { makeAddon, requireAddonMaker } from './addon.mjs';
import { libtensorflowUrl } from './official-addresses.mjs';

/** @typedef {import('../make-native.mjs').Source} Source */

/** The largest archive with what is inside it: about 100 MB packed, 450 MB unpacked. */
const NEEDED_BYTES = 700e6;

/** @type {Source} */
export const officialDownload = {
  name: 'download',
  title: 'the official libtensorflow download',
  isAsked: () => true,

  async make(context, { folder, scratch }) {
    const url = libtensorflowUrl(context);
    if (url === undefined) throw new Refusal(`there is none for ${context.platform}-${context.arch}`);
    const { compiler } = await requireAddonMaker(context);
    requireSpace(folder, NEEDED_BYTES);
    const archive = path.join(scratch, path.basename(url));
    await download(context, url, archive);
    const unpacked = path.join(scratch, 'libtensorflow');
    await unpack(context, archive, unpacked);
    const found = findLibtensorflow(context, unpacked);
    if (found === undefined) throw new Refusal('the downloaded archive holds no libtensorflow');
    const libraries = await bringLibraries(found, folder, 'move');
    await makeAddon(context, { compiler, includes: found.includes, folder, libraries, scratch });
  },
};
