// @ts-check
import { parseArgs } from 'node:util';
import { buildOutput } from './build-output.mjs';
import { createContext } from './context.mjs';
import { setUpNative } from './native-setup.mjs';
import { runStep } from './run-step.mjs';

/** Native TensorFlow, then the build. Under a quarter of a second where both are there. */
export async function prepareFromCommandLine() {
  await runStep(async (signal) => {
    const { values } = parseArgs({
      options: { quiet: { type: 'boolean' }, force: { type: 'boolean' }, root: { type: 'string' } },
    });
    const { quiet = false, force = false, root } = values;
    const context = createContext({ quiet, signal, ...(root === undefined ? {} : { root }) });
    await setUpNative(context);
    await buildOutput({ ...context, force });
  });
}
