import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { cleanSettings } from '../../contract/clean.ts';
import { createCleanHandler } from '../../engine/jobs/clean.ts';
import { MemoryBudget } from '../../engine/memory-budget.ts';
import { openGate } from '../../model/inference/tile-network.ts';
import type * as publishing from '../../storage/publish.ts';
import { cardFor, tinyUnet } from '../fixtures/models/model-folders.ts';
import { fromRaw, pictureFile, rawPicture, temporaryFolder } from '../fixtures/pictures.ts';

// A disk that keeps one bit other than it was written.
vi.mock('../../storage/publish.ts', async (original) => {
  const real = await original<typeof publishing>();
  const publishFile: typeof publishing.publishFile = (request) => {
    const verify = async (part: string): Promise<void> => {
      const bytes = await readFile(part);
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(part, bytes);
      await request.verify?.(part);
    };
    return real.publishFile({ ...request, verify });
  };
  return { ...real, publishFile };
});

test('F9: a result that the disk gives back otherwise than it was written is not called done, and does not stay', async () => {
  const source = await pictureFile(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  const outputFolder = await temporaryFolder();
  const { size, mtimeMs } = await stat(source);
  const clean = createCleanHandler({
    network: () =>
      Promise.resolve({ card: { ...cardFor(tinyUnet), weightsSha256: '' }, network: {} as never }),
    budget: new MemoryBudget(1e9),
    gate: openGate,
  });
  const request = {
    source,
    expected: { bytes: size, modifiedMs: mtimeMs },
    outputFolder,
    stem: 'result',
    jobId: 'job-1',
    settings: cleanSettings.parse({ noiseFactor: 0.1, strength: 0 }),
    model: { id: 'zero', folder: '' },
    runtime: { backend: 'wasm', threads: 1 } as const,
    memory: 0,
    tileLimit: null,
  };
  const cleaning = clean(request, { signal: new AbortController().signal, send: () => {} });
  await expect(cleaning).rejects.toMatchObject({ code: 'output-not-verified' });
  expect(await readdir(outputFolder)).toEqual([]);
});
