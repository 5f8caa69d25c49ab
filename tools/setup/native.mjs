// @ts-check
/**
 * Sets up native TensorFlow in `.native/`. Exit code 0 also where none can be had: the product still cleans.
 *
 *   node tools/setup/native.mjs [--quiet] [--force] [--root FOLDER]
 */
import { parseArgs } from 'node:util';
import { createContext } from './context.mjs';
import { setUpNative } from './native-setup.mjs';
import { runStep } from './run-step.mjs';

await runStep(async (signal) => {
  const { values } = parseArgs({
    options: { quiet: { type: 'boolean' }, force: { type: 'boolean' }, root: { type: 'string' } },
  });
  const { quiet = false, force = false, root } = values;
  await setUpNative(createContext({ quiet, force, signal, ...(root === undefined ? {} : { root }) }));
});
