import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownRoot } from '../../tools/setup/context.mjs';
import { scratchCheckout } from './setup-scratch.ts';

const prepare = path.join(ownRoot, 'tools', 'setup', 'prepare.mjs');
const env = { ...process.env, UNSPECKLE_SKIP_NATIVE: '1' };

/** A checkout whose whole product is `cli/main.ts`; its node modules are this checkout's. */
function tinyProduct(): { root: string; built: string; writeMain: (text: string) => void } {
  const { root } = scratchCheckout();
  const main = path.join(root, 'cli', 'main.ts');
  mkdirSync(path.dirname(main));
  writeFileSync(path.join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    path.join(root, 'vite.node.config.ts'),
    `export default { build: { ssr: true, outDir: 'out', emptyOutDir: false, minify: false,
       rollupOptions: { input: { cli: 'cli/main.ts' } } } };`,
  );
  const writeMain = (text: string) => writeFileSync(main, text);
  writeMain('export const answer: number = 1;');
  return { root, built: path.join(root, 'out', 'cli.js'), writeMain };
}

function runPrepare(root: string, ...args: string[]) {
  const done = spawnSync(process.execPath, [prepare, '--root', root, ...args], { env, encoding: 'utf8' });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

describe('preparing', () => {
  test('builds once, keeps stdout clean, and then has nothing to do or say', () => {
    const { root, built } = tinyProduct();
    const first = runPrepare(root, '--quiet');
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toMatch(/^Building out\/.*\nBuilt out\/ in [\d.]+ s\.\n$/);
    expect(readFileSync(built, 'utf8')).toContain('answer = 1');
    expect(runPrepare(root, '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('builds again when a source has changed, and when what was built is gone', () => {
    const { root, built, writeMain } = tinyProduct();
    runPrepare(root);
    writeMain('export const answer: number = 22;');
    expect(runPrepare(root, '--quiet').stderr).toMatch(/^Building out/);
    expect(readFileSync(built, 'utf8')).toContain('answer = 22');
    rmSync(built);
    expect(runPrepare(root, '--quiet').stderr).toMatch(/^Building out/);
    expect(existsSync(built)).toBe(true);
  });

  test('leaves files of other builds alone', () => {
    const { root } = tinyProduct();
    const other = path.join(root, 'out', 'renderer', 'index.html');
    mkdirSync(path.dirname(other), { recursive: true });
    writeFileSync(other, 'a window');
    runPrepare(root);
    expect(readFileSync(other, 'utf8')).toBe('a window');
  });

  test('says what is wrong with a source, fails, and tries again the next time', () => {
    const { root, writeMain } = tinyProduct();
    writeMain('export const = ;');
    for (const attempt of ['first', 'second']) {
      const { code, stdout, stderr } = runPrepare(root, '--quiet');
      expect([attempt, code, stdout]).toEqual([attempt, 1, '']);
      expect(stderr).toMatch(/main\.ts[^]*The build failed\.\n$/);
    }
    writeMain('export const answer = 3;');
    expect(runPrepare(root, '--quiet').code).toBe(0);
  });

  test('refuses an old Node in one sentence', () => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })`;
    const done = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, prepare],
      {
        encoding: 'utf8',
      },
    );
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(/^Unspeckle needs Node 20\.19 or newer, and this is Node 18\.20\.4 .*\n$/);
  });
});
