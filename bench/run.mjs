/**
 * Runs one TypeScript file of this repository: `node bench/run.mjs bench/clean-folder.ts [arguments]`.
 * It is built to out/bench/ first, as vite.node.config.ts builds the engine: every package stays where it is.
 */
import { spawnSync } from 'node:child_process';
import { basename, join, resolve } from 'node:path';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '..');
const [file, ...rest] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: npm run bench -- bench/clean-folder.ts (or another file of bench/) [arguments]');
  process.exit(1);
}
const name = basename(file, '.ts');
await build({
  configFile: false,
  root,
  logLevel: 'error',
  build: {
    ssr: true,
    target: 'node20.19',
    outDir: 'out/bench',
    emptyOutDir: false,
    minify: false,
    rollupOptions: {
      input: { [name]: resolve(file) },
      external: [/^node:/, /^[@a-z][^:]*$/],
      output: { entryFileNames: '[name].js', chunkFileNames: `${name}-[hash].js` },
    },
  },
});
// In a process of its own: the builder's memory is none of its business.
const { status } = spawnSync(process.execPath, [join(root, 'out/bench', `${name}.js`), ...rest], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
