// @ts-check
/**
 * What of other people's work goes into the app: a bill of materials (CycloneDX) and the list of licences with their
 * texts. Both go into every package; by hand, for this machine, into out/third-party/:
 *
 *   node tools/package/third-party.mjs
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext } from '../setup/context.mjs';
import { runStep } from '../setup/run-step.mjs';
import { dependenciesOf, enginePackages } from './engine-packages.mjs';
import { fetchPackage } from './fetch-package.mjs';
import { machineOf, nodeOf, targetFrom } from './target.mjs';

/** @typedef {import('./target.mjs').Target} Target */

const isLicence = (/** @type {string} */ file) =>
  /^(?:licen[cs]e|copying|notice|third[-_]?party)/i.test(file);

/**
 * Something that ships. `folder` holds its licence; null where that comes with what we put beside it.
 *
 * @typedef {object} Part
 * @property {string} name
 * @property {string} version
 * @property {string} licence an SPDX expression
 * @property {string | null} folder
 * @property {string} purl
 */

/**
 * @param {string} root the checkout
 * @param {Target} target
 * @param {(name: string, version: string) => Promise<string>} fetchOther the folder of a package that is not installed here
 * @returns {Promise<{ sbom: string, licences: string }>}
 */
export async function thirdParty(root, target, fetchOther) {
  const listed = await npmSbom(root);
  const packages = await shippedPackages(root, target, fetchOther);
  const others = await beyondNpm(root, target, fetchOther);
  const known = new Map(listed.components.map((component) => [component['bom-ref'], component]));
  const missing = packages.filter(({ name, version }) => !known.has(`${name}@${version}`));
  if (missing.length > 0)
    throw new Error(`not in the lock file: ${missing.map(({ name }) => name).join(', ')}`);
  const refs = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const components = [...[...refs].map((ref) => known.get(ref)), ...others.map(component)];
  const { metadata } = listed;
  const sbom = {
    $schema: listed.$schema,
    bomFormat: listed.bomFormat,
    specVersion: listed.specVersion,
    version: 1,
    // npm names the project after its folder. No time and no random number: the same sources give the same list.
    metadata: { component: { ...metadata.component, name: 'unspeckle', type: 'application' } },
    components,
    dependencies: listed.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) })),
  };
  const parts = [...packages, ...others].sort((one, other) => (one.name < other.name ? -1 : 1));
  return { sbom: `${JSON.stringify(sbom, null, 2)}\n`, licences: licenceList(parts) };
}

/**
 * @typedef {{ 'bom-ref': string, [more: string]: unknown }} Component
 * @typedef {{ $schema: string, bomFormat: string, specVersion: string, metadata: { component: object }, components: Component[], dependencies: { ref: string, dependsOn?: string[] }[] }} Sbom
 */

/**
 * Everything in the lock file, by npm itself.
 *
 * @param {string} root
 * @returns {Promise<Sbom>}
 */
async function npmSbom(root) {
  const npm = process.platform === 'win32' ? ['cmd.exe', '/c', 'npm'] : ['npm'];
  const args = [...npm.slice(1), 'sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const { stdout } = await promisify(execFile)(npm[0] ?? 'npm', args, { cwd: root, maxBuffer: 2 ** 28 });
  return JSON.parse(stdout);
}

/**
 * The packages of npm in the engine, and those that are built into the window.
 *
 * @param {string} root
 * @param {Target} target
 * @param {(name: string, version: string) => Promise<string>} fetchOther
 * @returns {Promise<Part[]>}
 */
async function shippedPackages(root, target, fetchOther) {
  // Bits UI asks for dates as a peer.
  const ofWindow = [...importedBy(path.join(root, 'renderer')), '@internationalized/date'];
  const found = [...enginePackages(root, target), ...dependenciesOf(root, ofWindow)];
  /** @type {Map<string, Part>} */
  const parts = new Map();
  for (const { name, version, folder } of found) {
    const key = `${name}@${version}`;
    if (!parts.has(key)) parts.set(key, part(name, version, folder ?? (await fetchOther(name, version))));
  }
  return [...parts.values()];
}

/**
 * Names of the packages that the sources in a folder import.
 *
 * @param {string} folder
 */
function importedBy(folder) {
  const sources = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    ({ name }) => /\.(?:ts|svelte)$/.test(name) && name !== 'vite.config.ts',
  );
  const names = sources.flatMap(({ parentPath, name }) => {
    const text = readFileSync(path.join(parentPath, name), 'utf8');
    return [...text.matchAll(/(?:from|import)\s*\(?\s*'((?:@[\w.-]+\/)?[a-z][\w.-]*)[^']*'/g)].map(
      ([, found = '']) => found,
    );
  });
  return [...new Set(names)].sort();
}

/**
 * @param {string} name
 * @param {string} version
 * @param {string} folder
 * @returns {Part}
 */
function part(name, version, folder) {
  const { license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { name, version, licence: typeof license === 'string' ? license : firstLine(folder), folder, purl };
}

/**
 * Of a package that names no licence: what its licence file begins with.
 *
 * @param {string} folder
 */
function firstLine(folder) {
  const [file] = readdirSync(folder).filter(isLicence).sort();
  if (file === undefined) return 'not said';
  const [line = ''] = readFileSync(path.join(folder, file), 'utf8').trim().split('\n');
  return line.replace(/^(?:The )?(\S+) License.*$/i, '$1');
}

/**
 * What npm knows nothing of.
 *
 * @param {string} root
 * @param {Target} target
 * @param {(name: string, version: string) => Promise<string>} fetchOther
 * @returns {Promise<Part[]>}
 */
async function beyondNpm(root, target, fetchOther) {
  const node = nodeOf(target);
  const electron = path.join(root, 'node_modules', 'electron');
  const { version: electronVersion } = JSON.parse(readFileSync(path.join(electron, 'package.json'), 'utf8'));
  /** @type {Part[]} */
  const parts = [
    { ...part('electron', electronVersion, electron), purl: `pkg:npm/electron@${electronVersion}` },
    {
      name: 'node',
      version: node.version,
      licence: 'MIT',
      folder: await fetchOther(node.name, node.version),
      purl: `pkg:generic/node@${node.version}`,
    },
  ];
  const version = tensorflowVersion(path.join(root, '.native', `tensorflow-${machineOf(target)}`));
  if (version !== null) {
    parts.push({
      name: 'tensorflow',
      version,
      licence: 'Apache-2.0',
      folder: null,
      purl: `pkg:generic/tensorflow@${version}`,
    });
  }
  return parts;
}

/**
 * @param {string} native
 * @returns {string | null}
 */
function tensorflowVersion(native) {
  if (!existsSync(native)) return null;
  for (const file of readdirSync(native).filter((name) => name.endsWith('.json'))) {
    const { tensorflow } = JSON.parse(readFileSync(path.join(native, file), 'utf8'));
    if (typeof tensorflow === 'string') return tensorflow;
  }
  return 'unknown';
}

/** @param {Part} part */
function component({ name, version, licence, purl }) {
  return {
    'bom-ref': `${name}@${version}`,
    type: name === 'node' || name === 'electron' ? 'framework' : 'library',
    name,
    version,
    scope: 'required',
    purl,
    licenses: [{ license: { id: licence } }],
  };
}

/** Licences that are the work of many, and lie as files of their own in each package of the app. */
const elsewhere = /** @type {Readonly<Record<string, string>>} */ ({
  electron: 'Chromium and the libraries in it: LICENSES.chromium.html beside the program.',
  tensorflow: 'Apache License 2.0: http://www.apache.org/licenses/LICENSE-2.0',
});

/**
 * The texts that a part carries of its licence.
 *
 * @param {Part} part
 */
function textsOf({ name, folder }) {
  const files = folder === null ? [] : readdirSync(folder).filter(isLicence).sort();
  const said = files.map((file) => readFileSync(path.join(folder ?? '', file), 'utf8').trim());
  return [...said, elsewhere[name] ?? ''].filter((text) => text !== '');
}

/** @param {readonly Part[]} parts */
function licenceList(parts) {
  const line = '-'.repeat(100);
  const overview = parts.map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
  const texts = parts.map((part) => {
    const { name, version, licence } = part;
    const said = textsOf(part);
    const like = parts.find((other) => other.licence === licence && textsOf(other).length > 0);
    const place = like ? `stands at ${like.name}` : 'is at https://spdx.org/licenses/';
    if (said.length === 0) said.push(`It carries no text; that of ${licence} ${place}.`);
    return [line, `${name} ${version} (${licence})`, line, ...said].join('\n\n');
  });
  return `${['Unspeckle contains work of others, under these licences.', ...overview].join('\n')}\n\n${texts.join('\n\n')}\n`;
}

/**
 * @param {string} folder
 * @param {{ sbom: string, licences: string }} lists
 */
export function writeThirdParty(folder, { sbom, licences }) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'sbom.cdx.json'), sbom);
  writeFileSync(path.join(folder, 'licences.txt'), licences);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await runStep(async (signal) => {
    const context = createContext({ signal });
    const target = targetFrom(process.platform, process.arch);
    const fetchOther = (/** @type {string} */ name, /** @type {string} */ version) =>
      fetchPackage(context, name, version);
    const folder = path.join(context.root, 'out', 'third-party');
    writeThirdParty(folder, await thirdParty(context.root, target, fetchOther));
    context.say(folder);
  });
}
