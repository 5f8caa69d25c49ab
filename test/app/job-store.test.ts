import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JobStore } from '../../app/jobs/job-store.ts';
import { placesIn } from '../../app/places.ts';
import { acquireLock } from '../../storage/lock.ts';

let home: string;
let store: JobStore;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'job-store-'));
  store = new JobStore(placesIn(home));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** A job that was begun and not finished. */
async function unfinished(kind: 'clean' | 'train', key: string): Promise<string> {
  const jobId = await store.begin();
  await store.write({ kind, jobId, key });
  return jobId;
}

test('of batches that were left open the oldest give way, but not one that is at work, and no training', async () => {
  const training = await unfinished('train', 'learning');
  const atWork = await unfinished('clean', 'at-work');
  const attempt = await acquireLock(store.lockFile('at-work'));
  const old = [await unfinished('clean', 'old-1'), await unfinished('clean', 'old-2')];
  const others: string[] = [];
  for (let index = 0; index < 30; index++) others.push(await unfinished('clean', `k${index}`));
  await store.prune();
  expect(await store.unfinished()).toEqual([training, atWork, ...others]);
  expect(await readdir(join(home, 'jobs'))).not.toEqual(expect.arrayContaining(old));
  if (attempt.state === 'held') await attempt.lock.release();
  await store.prune();
  expect(await store.unfinished()).toEqual([training, ...others]);
});

test('F12: a job that another version wrote is left as it is, for that version', async () => {
  const jobId = await unfinished('train', 'future');
  const asWritten = await readdir(store.folderOf(jobId));
  const refuse = (): never => {
    throw new Error('a choice that is not known here');
  };
  expect(await store.readAs(jobId, 'train', refuse)).toBeNull();
  await writeFile(join(store.folderOf(jobId), 'job.json'), '{"kind":');
  expect(await store.read(jobId)).toBeNull();
  expect(await readdir(store.folderOf(jobId))).toEqual(asWritten);
});

test('F12: a folder whose number is beyond counting keeps nobody from beginning a job', async () => {
  await mkdir(join(home, 'jobs', `${'9'.repeat(200)}-a`), { recursive: true });
  expect(await store.begin()).toMatch(/^000001-[0-9a-f]{6}$/);
});
