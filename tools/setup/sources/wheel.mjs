// @ts-check
/** TensorFlow's Python wheel for CPUs, fetched by pip: its C++ library has the C interface the addon needs. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Refusal } from '../context.mjs';
import { compileAddon, findCompiler } from '../compile.mjs';
import { requireSpace } from '../disk-space.mjs';
import { bringLibraries, findLibtensorflow } from '../libtensorflow.mjs';
import { findOnPath, lastWords, run } from '../process.mjs';
import { installCommand } from '../system-packages.mjs';
import { noCompiler } from './addon.mjs';

/** @typedef {import('../context.mjs').Context} Context */
/** @typedef {import('../make-native.mjs').Source} Source */

const VERSION = '2.21.0';
/** 0.27 GB packed, 0.86 GB unpacked. */
const NEEDED_BYTES = 1.2e9;

/**
 * The wheels to ask for, in turn. On Arm the plain package is the CPU one too.
 *
 * @param {string} arch
 */
function wheelsFor(arch) {
  if (arch === 'x64') return [{ name: 'tensorflow-cpu', platform: 'manylinux_2_27_x86_64' }];
  return ['tensorflow-cpu', 'tensorflow'].map((name) => ({ name, platform: 'manylinux_2_27_aarch64' }));
}

/** Only what is needed of a wheel's 16,000 files. Python has zipfile; its reader checks every file's CRC. */
const extractNeeded = `
import sys, zipfile
wheel, folder = sys.argv[1:]
needed = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2",
          "tensorflow/include/tensorflow/c/", "tensorflow/include/tensorflow/core/platform/",
          "tensorflow/include/xla/tsl/", "tensorflow/include/tsl/")
with zipfile.ZipFile(wheel) as archive:
    for member in archive.infolist():
        if member.filename.startswith(needed):
            archive.extract(member, folder)
`;

/** @type {Source} */
export const wheel = {
  name: 'wheel',
  title: `the tensorflow-cpu ${VERSION} wheel through pip`,
  isAsked: () => true,

  async make(context, { folder, scratch }) {
    requireGlibcLinux(context);
    const compiler = await findCompiler(context);
    if (compiler === undefined) throw noCompiler(context);
    const python = await findPythonWithPip(context);
    requireSpace(folder, NEEDED_BYTES);

    const file = await downloadWheel(context, python, path.join(scratch, 'wheel'));
    const unpacked = path.join(scratch, 'unpacked');
    const { env, limits, signal } = context;
    const done = await run(python, ['-c', extractNeeded, file, unpacked], {
      seconds: limits.unpack,
      env,
      signal,
    });
    if (done.timedOut) throw new Refusal(`unpacking the wheel took longer than ${limits.unpack} s`);
    if (done.code !== 0) throw new Refusal(`the wheel can't be unpacked: ${lastWords(done)}`);
    rmSync(file);

    const found = findLibtensorflow(context, path.join(unpacked, 'tensorflow'));
    if (found?.includes === undefined)
      throw new Refusal('the wheel holds no libtensorflow_cc with its headers');
    const libraries = await bringLibraries(found, folder, 'move');
    await compileAddon(context, { compiler, includes: found.includes, folder, libraries });
  },
};

/** @param {Context} context */
function requireGlibcLinux({ platform, arch }) {
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw new Refusal(`there is none for ${platform}-${arch} that holds the C interface`);
  }
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  const glibc = report.header?.glibcVersionRuntime;
  const [major = 0, minor = 0] = (glibc ?? '').split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 27)) {
    throw new Refusal(`it needs glibc 2.27 or newer (here: ${glibc ?? 'none, as on Alpine'})`);
  }
}

/**
 * @param {Context} context
 * @returns {Promise<string>} a Python whose pip works
 */
async function findPythonWithPip(context) {
  const { env, limits, signal } = context;
  const pythons = ['python3', 'python'].map((name) => findOnPath(name, env)).filter((it) => it !== undefined);
  if (pythons.length === 0)
    throw new Refusal(`there is no Python with pip here (${installCommand(context, ['pip'])})`);
  for (const python of pythons) {
    const asked = await run(python, ['-m', 'pip', '--version'], { seconds: limits.ask, env, signal });
    if (asked.code === 0) return python;
    if (asked.timedOut) throw new Refusal(`pip did not answer within ${limits.ask} s`);
  }
  throw new Refusal(`Python has no pip here (${installCommand(context, ['pip'])})`);
}

/**
 * @param {Context} context
 * @param {string} python
 * @param {string} folder
 * @returns {Promise<string>} the wheel's path
 */
async function downloadWheel(context, python, folder) {
  const { arch, env, limits, signal } = context;
  mkdirSync(folder, { recursive: true });
  let reason = '';
  for (const { name, platform } of wheelsFor(arch)) {
    const args = ['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check'];
    // pip would keep a second copy of the wheel in the person's home, and ask an absent server six times.
    args.push('--no-cache-dir', '--retries', '1', '--timeout', '15');
    args.push('--no-deps', '--only-binary=:all:', '--implementation', 'cp', '--python-version', '3.11');
    args.push('--platform', platform, '--dest', folder, `${name}==${VERSION}`);
    const done = await run(python, args, { seconds: limits.pip, env, signal });
    if (done.timedOut) throw new Refusal(`pip took longer than ${limits.pip} s`);
    const file = readdirSync(folder).find((entry) => entry.endsWith('.whl'));
    if (done.code === 0 && file !== undefined) return path.join(folder, file);
    reason = lastWords(done, /^ERROR\b/);
  }
  throw new Refusal(`pip could not get it: ${reason}`);
}
