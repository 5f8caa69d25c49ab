/**
 * Runs one TypeScript file of this repository: `node bench/run.mjs bench/clean-folder.ts [arguments]`.
 */
import { resolve } from 'node:path';
import { runnerImport } from 'vite';

const [file, ...rest] = process.argv.slice(2);
process.argv = [process.argv[0], resolve(file), ...rest];
await runnerImport(resolve(file), { configFile: false, logLevel: 'error' });
