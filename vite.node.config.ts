import { builtinModules, createRequire } from 'node:module';
import { defineConfig, type Plugin } from 'vite';

/**
 * Loads a CommonJS package by `require`. Where a module imports it, Node searches its whole text for names of exports
 * first: for TensorFlow.js that is half a second of processor time at every start. Here the names are found while building.
 */
function required(name: string): Plugin {
  const id = `\0required:${name}`;
  return {
    name: 'required-package',
    enforce: 'pre',
    resolveId: (source) => (source === name ? id : null),
    load: (loaded) => {
      if (loaded !== id) return null;
      const names = Object.keys(createRequire(import.meta.url)(name) as object);
      return `import { createRequire } from 'node:module';
        export const { ${names.join(', ')} } = createRequire(import.meta.url)('${name}');`;
    },
  };
}

/** Builds what runs in plain Node (engine and command line) to out/. Packages stay in node_modules. */
export default defineConfig({
  plugins: [required('@tensorflow/tfjs')],
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
      external: [/^node:/, ...builtinModules, /^(?!@tensorflow\/tfjs$)[@a-z][^:]*$/],
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});
