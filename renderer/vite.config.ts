import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** Builds the window to out/renderer/; the same files serve the desktop app and the browser. */
export default defineConfig({
  root: import.meta.dirname,
  // Addresses relative to the page: the desktop app and the browser serve it from different roots.
  base: './',
  plugins: [svelte()],
  build: {
    outDir: '../out/renderer',
    emptyOutDir: true,
    target: 'chrome140',
    // The window is one page of an installed app: nothing is fetched later.
    modulePreload: false,
    assetsInlineLimit: 0,
  },
});
