import { svelte } from '@sveltejs/vite-plugin-svelte';
import { join } from 'node:path';
import { createServer } from 'vite';
import { afterAll, beforeAll } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** Compiles modules with runes for the tests of one file; without a page they are plain classes. */
export function useRuneModules(): <T>(path: string) => Promise<T> {
  let server: Awaited<ReturnType<typeof createServer>>;
  beforeAll(async () => {
    server = await createServer({
      root,
      configFile: false,
      logLevel: 'error',
      appType: 'custom',
      server: { middlewareMode: true, hmr: false, ws: false, watch: null },
      optimizeDeps: { noDiscovery: true, include: [] },
      plugins: [svelte({ configFile: false })],
    });
  });
  afterAll(() => server.close());
  return async <T>(path: string) => (await server.ssrLoadModule(join(root, path))) as T;
}
