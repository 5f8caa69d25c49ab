import { builtinModules } from 'node:module';
import { defineConfig } from 'vite';

/** Builds what runs in plain Node (engine and command line) to out/. Packages stay in node_modules. */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node20.19',
    outDir: 'out',
    emptyOutDir: false,
    sourcemap: true,
    minify: false,
    rollupOptions: {
      input: {
        engine: 'engine/main.ts',
        'model-check': 'engine/check.ts',
        'noise-worker': 'engine/training/noise-worker.ts',
        cli: 'cli/main.ts',
        web: 'web/main.ts',
        pretrain: 'tools/pretrain/import.ts',
      },
      external: [/^node:/, ...builtinModules, /^[@a-z][^:]*$/],
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});
