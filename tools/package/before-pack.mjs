// @ts-check
/** Called by electron-builder before each package, with the machine that it is for. */
import { createContext } from '../setup/context.mjs';
import { stage } from './stage.mjs';
import { targetFrom } from './target.mjs';

/** electron-builder's numbers for processors. */
const arches = /** @type {Record<number, string>} */ ({ 1: 'x64', 3: 'arm64' });

/** @param {{ electronPlatformName: string, arch: number }} packing */
export default async function beforePack({ electronPlatformName, arch }) {
  await stage(createContext(), targetFrom(electronPlatformName, arches[arch] ?? String(arch)));
}
