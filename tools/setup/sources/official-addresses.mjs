// @ts-check
/** Where tfjs-node 4.22 itself gets libtensorflow from (its `scripts/install.js` and `scripts/deps-constants.js`). */

/** @typedef {import('../context.mjs').Context} Context */

const VERSION = '2.9.1';

/**
 * The server, or the mirror that tfjs-node's own variables name. Ends in a slash.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function storageHost(env) {
  const host = env['TFJS_NODE_CDN_STORAGE'] || env['npm_config_TFJS_NODE_CDN_STORAGE'] || env['CDN_STORAGE'];
  return host ? `${host.replace(/\/+$/, '')}/` : 'https://storage.googleapis.com/';
}

/**
 * @param {Context} context
 * @returns {string | undefined} undefined for machines it was never made for
 */
export function libtensorflowUrl({ platform, arch, env }) {
  const host = storageHost(env);
  const base =
    env['TFJS_NODE_BASE_URI'] ||
    env['npm_config_TFJS_NODE_BASE_URI'] ||
    `${host}tensorflow/libtensorflow/libtensorflow-`;
  const addresses = /** @type {Record<string, string>} */ ({
    'linux-x64': `${base}cpu-linux-x86_64-${VERSION}.tar.gz`,
    'darwin-x64': `${base}cpu-darwin-x86_64-${VERSION}.tar.gz`,
    'win32-x64': `${base}cpu-windows-x86_64-${VERSION}.zip`,
    // Arm has older builds of its own.
    'linux-arm64': `${host}tf-builds/libtensorflow_r2_7_linux_arm64.tar.gz`,
    'linux-arm': `${host}tf-builds/libtensorflow_r2_5_linux_arm7l.tar.gz`,
    'darwin-arm64': `${host}tf-builds/libtensorflow_r2_7_darwin_arm64_cpu.tar.gz`,
  });
  return addresses[`${platform}-${arch}`];
}
