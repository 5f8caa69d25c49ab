import { cp, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { testData } from '../fixtures/test-data.ts';
import { filesIn, fingerprints, prepareHome, Workspace } from './built-cli.ts';
import { batchLine, checkLines } from './json-schemas.ts';
import { readManifest, type HostileFile } from './manifest.ts';

// Each starts several processes, on machines that may be busy.
vi.setConfig({ testTimeout: 240_000 });

let prepared: Awaited<ReturnType<typeof prepareHome>>;
beforeAll(async () => {
  prepared = await prepareHome();
}, 180_000);
afterAll(() => prepared.remove());

let at: Workspace;
beforeEach(async () => {
  at = await Workspace.make(prepared.home);
});
afterEach(() => at.remove());

const ownCollection = join(import.meta.dirname, '../fixtures/hostile');

test('H1: the hostile pictures made for this project, as one batch', () =>
  cleanCollection(ownCollection, ['made']));

test('H1: the whole hostile collection as one batch', (context) =>
  cleanCollection(testData(context, 'hostile'), ['made', 'thirdparty']));

/**
 * Each verdict as the manifest says, exit code 3, sources untouched, nothing written but the results. Each file is
 * named, so that none is passed over for its name.
 */
async function cleanCollection(folder: string, parts: readonly string[]): Promise<void> {
  const all = await readManifest(join(folder, 'manifest.csv'));
  const manifest = all.filter(({ file }) => parts.some((part) => file.startsWith(`${part}/`)));
  expect(manifest.length).toBeGreaterThan(20);
  for (const part of parts) {
    await mkdir(join(at.pictures, part));
    await cp(join(folder, part), join(at.pictures, part), { recursive: true, preserveTimestamps: true });
  }
  const before = await fingerprints(at.pictures);
  const inputs = manifest.map(({ file }) => join('pictures', file));
  const { code, json, stderr } = await at.run(['clean', ...inputs, '--out', 'out', '--json']);
  checkLines(batchLine, json());
  expect(stderr).toBe('');
  expect(code).toBe(3);
  expect(await fingerprints(at.pictures)).toEqual(before);
  const wrong: string[] = [];
  for (const entry of manifest) {
    const { right, came } = await verdictOn(entry, json());
    const { file, special, expected, size } = entry;
    if (!right) wrong.push(`${file} (${special}): expected ${expected} ${size}, came ${came}`);
  }
  expect(wrong).toEqual([]);
  const outputs = json().filter(({ type }) => type === 'done').length;
  expect((await filesIn(at.out)).length).toBe(outputs);
  expect(json().at(-1)).toMatchObject({ done: outputs, pending: 0 });
}

async function verdictOn(
  { file, expected, size }: HostileFile,
  lines: readonly Record<string, unknown>[],
): Promise<{ right: boolean; came: string }> {
  const of = lines.filter((line) => line['source'] === join(at.pictures, file));
  const done = of.find(({ type }) => type === 'done');
  const failed = of.find(({ type }) => type === 'failed' || type === 'skipped');
  if (done && !failed) {
    const output = String(done['output']);
    const { width, height } = await sharp(output, { limitInputPixels: false }).metadata();
    const came = `${width}x${height}`;
    const whole = (await stat(output)).size > 0;
    return {
      right: expected !== 'clear error' && whole && (size === '' || size === came),
      came: `done ${came}`,
    };
  }
  if (failed && !done) {
    const clear = failed['code'] !== 'internal' && failed['code'] !== 'engine-crashed';
    return {
      right: expected !== 'decodes' && clear,
      came: `${String(failed['code'])}: ${String(failed['message'])}`,
    };
  }
  return { right: false, came: 'nothing, or both' };
}
