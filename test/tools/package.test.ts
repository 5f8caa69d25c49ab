import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { pictureExtensions } from '../../contract/image.ts';
import { builtEngine, planPackage } from '../../tools/package/plan.mjs';
import { nodeOf, targetFrom } from '../../tools/package/target.mjs';
import { ownRoot } from '../../tools/setup/context.mjs';

interface Configuration {
  readonly electronFuses: Record<string, boolean>;
  readonly fileAssociations: readonly { ext: string | string[]; rank: string }[];
  readonly files: readonly { readonly filter: readonly string[] }[];
  readonly beforePack: string;
  readonly icon: string;
}

/** electron-builder's own reading and checking of its configuration. */
const builder = createRequire(import.meta.url)('app-builder-lib/out/util/config/config.js') as {
  getConfig(root: string, file: string, options: null): Promise<Configuration>;
  validateConfiguration(config: object, log: object): Promise<void>;
};
const configuration = () => builder.getConfig(ownRoot, join(ownRoot, 'electron-builder.yml'), null);

describe('the configuration of packages', () => {
  test('holds against the schema that electron-builder ships, and a wrong one does not', async () => {
    const config = await configuration();
    const log = { isEnabled: false, add: () => {} };
    await expect(builder.validateConfiguration(config, log)).resolves.toBeUndefined();
    await expect(builder.validateConfiguration({ ...config, asarr: true }, log)).rejects.toThrow(/asarr/);
  });

  test('offers “Open with” for exactly the formats that are read, and takes none over', async () => {
    const { fileAssociations } = await configuration();
    const offered = fileAssociations.flatMap(({ ext }) => ext);
    // An animated PNG is opened as a PNG.
    expect([...offered, 'apng'].sort()).toEqual([...pictureExtensions].sort());
    expect(fileAssociations.every(({ rank }) => rank === 'Alternate')).toBe(true);
  });

  test('names files that are there, and keeps packages out of the asar', async () => {
    const { files, beforePack, icon } = await configuration();
    expect(files.flatMap(({ filter }) => filter)).toContain('!node_modules/**');
    for (const file of [beforePack, icon])
      expect([file, existsSync(join(ownRoot, file))]).toEqual([file, true]);
    const { main } = JSON.parse(readFileSync(join(ownRoot, 'package.json'), 'utf8')) as { main: string };
    expect(main).toBe('out/electron/main.js');
  });
});

/** Stands for the registry: an empty package of every machine, with the files by which one is told. */
function madeUpPackages(): (name: string, version: string) => Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'unspeckle-packages-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return (name, version) => {
    const place = join(folder, name);
    mkdirSync(join(place, 'lib'), { recursive: true });
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version }));
    writeFileSync(join(place, 'lib', 'library.node'), '');
    return Promise.resolve(place);
  };
}

describe.each([
  ['linux', 'x64'],
  ['win32', 'x64'],
  ['darwin', 'arm64'],
  ['darwin', 'x64'],
] as const)('the engine in a package for %s %s', (platform, arch) => {
  const target = targetFrom(platform, arch);
  const planned = async () =>
    (await planPackage(ownRoot, target, madeUpPackages())).copies.map(({ to }) => to);

  test('has the native libraries of that machine and of no other', async () => {
    const native = (await planned()).filter((file) => /\.(?:node|so|dll|dylib)(?:\.\d+)*$/.test(file));
    const told = native.map((file) => /(linuxmusl|linux|win32|darwin)[-/](x64|arm64)/.exec(file)?.slice(1));
    expect(native.some((file) => file.includes('@img/sharp-'))).toBe(true);
    // ONNX Runtime has nothing for Macs with Intel's processors.
    const hasOnnx = native.some((file) => file.includes('onnxruntime-node'));
    expect(hasOnnx).toBe(!(platform === 'darwin' && arch === 'x64'));
    expect(new Set(told.map((machine) => machine?.join('-')))).toEqual(new Set([`${platform}-${arch}`]));
  });

  test('has its own Node, its entry, its models, and nothing that does not run', async () => {
    const files = await planned();
    expect(files).toContain(platform === 'win32' ? 'node/node.exe' : 'node/node');
    expect(nodeOf(target).version).toMatch(/^\d+\.\d+\.\d+$/);
    for (const file of [
      'engine/package.json',
      'engine/out/engine.js',
      'engine/node_modules/sharp/package.json',
    ]) {
      expect(files).toContain(file);
    }
    expect(files.some((file) => /^engine\/model\/pretrained\/[^/]+\/weights\.bin$/.test(file))).toBe(true);
    expect(files.filter((file) => /\.map$|\.d\.ts$|node_modules\/(?:electron|vite)\//.test(file))).toEqual(
      [],
    );
    expect(new Set(files).size).toBe(files.length);
  });
});

test('every package that the built engine names is in its package', async () => {
  const { copies } = await planPackage(ownRoot, targetFrom('linux', 'x64'), madeUpPackages());
  const present = new Set(
    copies.flatMap(
      ({ to }) => /^engine\/node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(to)?.[1] ?? [],
    ),
  );
  const named = new Set<string>();
  for (const file of builtEngine(join(ownRoot, 'out'))) {
    const text = readFileSync(join(ownRoot, 'out', file), 'utf8');
    const imports = text.matchAll(
      /(?:from|import\(|require\()\s*["']((?:@[\w.-]+\/)?[\w-][\w.-]*)[\w./-]*["']/g,
    );
    for (const [, name = ''] of imports) named.add(name);
  }
  expect(named.has('sharp')).toBe(true);
  expect([...named].filter((name) => !present.has(name))).toEqual([]);
});
