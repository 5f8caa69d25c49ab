import { stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cleanSettings } from '../../contract/clean.ts';
import type { CleanRequest } from '../../contract/engine-api.ts';
import { AppError } from '../../contract/errors.ts';
import { createCleanHandler } from '../../engine/jobs/clean.ts';
import { MemoryBudget } from '../../engine/memory-budget.ts';
import { openGate } from '../../model/inference/tile-network.ts';
import { fromRaw, rawPicture, temporaryFolder } from '../fixtures/pictures.ts';

const context = { signal: new AbortController().signal, send: () => {} };

const requestFor = (source: string, bytes: number, modifiedMs: number, outputFolder: string): CleanRequest => ({
  source,
  expected: { bytes, modifiedMs },
  outputFolder,
  stem: 'result',
  jobId: 'job-1',
  settings: cleanSettings.parse({ noiseFactor: 0.1 }),
  model: { id: 'zero', folder: '' },
  runtime: { backend: 'wasm', threads: 1 },
  memory: 0,
  tileLimit: null,
}); // prettier-ignore

/** Cleans files of a size at the same time, up to their network. @returns how many were there at once */
async function atOnce(bytes: number, files: number): Promise<number> {
  const folder = await temporaryFolder();
  const picture = await fromRaw(rawPicture(3, 8)).png().toBuffer();
  let [now, most] = [0, 0];
  const network = async (): Promise<never> => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 100));
    now--;
    throw new AppError('cancelled');
  };
  const handler = createCleanHandler({ network, budget: new MemoryBudget(1e12), gate: openGate });
  const work = Array.from({ length: files }, async (_, at) => {
    const file = join(folder, `${at}.png`);
    // A whole picture, and a hole behind it.
    await writeFile(file, picture);
    if (bytes > picture.length) await truncate(file, bytes);
    const { size, mtimeMs } = await stat(file);
    await expect(handler(requestFor(file, size, mtimeMs, folder), context)).rejects.toThrow('Stopped');
  });
  await Promise.all(work);
  return most;
}

test('H16, P14: files that are large whatever is in them are read one at a time, others together', async () => {
  expect(await atOnce(2 ** 28 + 1, 2)).toBe(1);
  expect(await atOnce(0, 2)).toBe(2);
});

test('H16, P14: a file that alone is more than what is free is refused with the numbers before it is opened', async () => {
  const network = () => Promise.reject(new Error('never asked'));
  const handler = createCleanHandler({ network, budget: new MemoryBudget(1, () => 1e8), gate: openGate });
  const cleaning = handler(requestFor('/not/there.png', 1.5e9, 0, '/tmp'), context);
  await expect(cleaning).rejects.toMatchObject({ code: 'image-too-large' });
  await expect(cleaning).rejects.toThrow('1.50 GB in one file; at most 0.10 GB are read');
});
