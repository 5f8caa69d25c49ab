import { cp, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, type TestContext } from 'vitest';
import { testData } from '../fixtures/test-data.ts';
import { filesIn, fingerprints, prepareHome, Workspace } from './built-cli.ts';
import { batchLine, checkLines } from './json-schemas.ts';
import { readManifest, type HostileFile } from './manifest.ts';

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

/** The pictures of the collection, copied beside each other, and what must come of each. */
async function copyCollection(context: TestContext): Promise<HostileFile[]> {
  const folder = testData(context, 'hostile');
  const manifest = await readManifest(join(folder, 'manifest.csv'));
  const pictures = manifest.filter(({ file }) => !file.startsWith('models/'));
  for (const part of ['made', 'thirdparty']) {
    await mkdir(join(at.pictures, part));
    await cp(join(folder, part), join(at.pictures, part), { recursive: true, preserveTimestamps: true });
  }
  return pictures;
}

test(
  'the whole hostile collection as one batch: each verdict as its manifest says, exit code 3, sources untouched',
  { timeout: 240_000 },
  async (context) => {
    const manifest = await copyCollection(context);
    expect(manifest.length).toBeGreaterThan(40);
    const before = await fingerprints(at.pictures);
    // Each file named, so that none is passed over for its name.
    const inputs = manifest.map(({ file }) => join('pictures', file));
    const { code, json, stderr } = await at.run(['clean', ...inputs, '--out', 'out', '--json']);
    checkLines(batchLine, json());
    expect(stderr).toBe('');
    expect(code).toBe(3);
    expect(await fingerprints(at.pictures)).toEqual(before);
    const wrong = [];
    for (const entry of manifest) {
      const verdict = await verdictOn(entry, json());
      if (!verdict.right) wrong.push(`${entry.file} (${entry.special}): expected ${entry.expected} ${entry.size}, ${verdict.came}`); // prettier-ignore
    }
    expect(wrong).toEqual([]);
    const outputs = json().filter(({ type }) => type === 'done').length;
    expect((await filesIn(at.out)).length).toBe(outputs);
    expect(json().at(-1)).toMatchObject({ done: outputs, pending: 0 });
  },
);

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
