// @ts-check
/**
 * The one step before everything else: the Node version, native TensorFlow, and `out/` built from the sources.
 *
 *   node tools/setup/prepare.mjs [--quiet] [--force] [--root FOLDER]
 *
 * `--force` builds `out/` anew; native TensorFlow has a `--force` of its own in `native.mjs`.
 * Everything it says goes to stderr. The version is looked at before anything else is loaded, in words that
 * old versions of Node understand too.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 20 || (major === 20 && minor >= 19)) {
  import('./prepare-steps.mjs').then((steps) => steps.prepareFromCommandLine());
} else {
  process.stderr.write(
    `Unspeckle needs Node 20.19 or newer, and this is Node ${process.versions.node} (${process.execPath}). ` +
      'A current one is at https://nodejs.org/.\n',
  );
  process.exitCode = 1;
}
