import { defineConfig } from 'electron-vite';
import { resolve } from 'node:path';

/**
 * Builds the desktop app's main process and preload to out/electron/. The window has a configuration and a build of its
 * own (renderer/vite.config.ts): the same files serve the browser, and most changes are in one of the two.
 */
export default defineConfig({
  main: {
    // Everything but Electron goes in: an installed app has no packages beside its main process.
    build: {
      outDir: 'out/electron',
      emptyOutDir: false,
      target: 'node20.19',
      minify: false,
      sourcemap: true,
      externalizeDeps: false,
      rollupOptions: {
        input: { main: resolve(import.meta.dirname, 'electron/main.ts') },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    // A preload in a sandbox is CommonJS, and one file.
    build: {
      outDir: 'out/electron',
      emptyOutDir: false,
      minify: false,
      externalizeDeps: false,
      rollupOptions: {
        input: { preload: resolve(import.meta.dirname, 'electron/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
});
