import {
  mkdtemp,
  open,
  readFile,
  readlink,
  readdir,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { archiveNames } from '../../../app/window/archive-names.ts';
import { bodyOf } from '../../../app/window/body-of.ts';
import { zipStream, type Shortcomings } from '../../../app/window/zip-stream.ts';
import { leftOutNote } from '../../../contract/texts/left-out.ts';
import { unzip } from '../../fixtures/unzip.ts';
import { pngSignature, useWorkshop, type Workshop } from '../workshop.ts';
import { TestWindow } from './window-bench.ts';

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => ({ workshop, enginePath } = made));

const fetched = (window: TestWindow, address: string): Promise<Response> =>
  window.app.fetch(new Request(`http://h/${address}`));

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

/** A window with a batch of these pictures behind it, and the id of that. */
async function cleaned(...paths: string[]): Promise<{ window: TestWindow; batch: string }> {
  const window = new TestWindow(workshop.app(enginePath));
  await window.add(...paths);
  const { batch } = await window.clean();
  return { window, batch: batch! };
}

describe('the results of a batch as one archive', () => {
  test('hold the bytes of each result, in the folders that were added, none over another', async () => {
    await workshop.picture('Trip/a.png', 'wait 1');
    await workshop.picture('Trip/deep/süß.png', 'wait 2');
    await workshop.picture('one/same.png', 'wait 3');
    await workshop.picture('two/Same.png', 'wait 4');
    const at = (name: string) => join(workshop.pictures, name);
    const { window, batch } = await cleaned(at('Trip'), at('one/same.png'), at('two/Same.png'));
    expect(await window.call('findResults', { batch })).toMatchObject({ pictures: 4, gone: 0 });
    const response = await fetched(window, `results/${batch}/en`);
    expect(response.headers.get('content-type')).toBe('application/zip');
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="unspeckle-\d{4}-\d\d-\d\d-\d{4}\.zip"/,
    );
    const files = await unzip(await bytesOf(response));
    expect(files.map(({ name }) => name)).toEqual([
      'same_denoised.png',
      'Same_denoised (2).png',
      'Trip/a_denoised.png',
      'Trip/deep/süß_denoised.png',
    ]);
    const written = ['one/same', 'two/Same', 'Trip/a', 'Trip/deep/süß'].map((name) =>
      readFile(at(`${name}_denoised.png`)),
    );
    expect(files.map(({ bytes }) => bytes)).toEqual(await Promise.all(written));
    // What does not get smaller is stored as it is.
    expect(files.every(({ compression }) => compression === 0)).toBe(true);
  });

  test('of what a page sent lie as they lay there, and the app’s own folders do not show', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    for (const [path, text] of [
      ['Trip/deep/a.png', '1'],
      ['Trip/b.png', '2'],
      ['c.png', '3'],
    ] as const) {
      const bytes = Buffer.concat([pngSignature, Buffer.from(`wait ${text}\n`)]);
      await window.app.addUpload(path, new Blob([new Uint8Array(bytes)]).stream());
    }
    await window.add();
    const { batch } = await window.clean();
    const files = await unzip(await bytesOf(await fetched(window, `results/${batch}/en`)));
    expect(files.map(({ name }) => name)).toEqual([
      'c_denoised.png',
      'Trip/b_denoised.png',
      'Trip/deep/a_denoised.png',
    ]);
  });

  test('that are gone leave the others, and are told: before, and in the archive in the reader’s language', async () => {
    for (const name of ['a.png', 'b.png', 'c.png'])
      await workshop.picture(`Trip/${name}`, `wait ${name.charCodeAt(0)}`);
    const { window, batch } = await cleaned(join(workshop.pictures, 'Trip'));
    await rm(join(workshop.pictures, 'Trip/b_denoised.png'));
    expect(await window.call('findResults', { batch })).toMatchObject({ pictures: 2, gone: 1 });
    for (const [language, name] of [
      ['en', 'left-out.txt'],
      ['zh-Hans', '未包含的结果.txt'],
    ] as const) {
      const files = await unzip(await bytesOf(await fetched(window, `results/${batch}/${language}`)));
      expect(files.map((file) => file.name)).toEqual(['Trip/a_denoised.png', 'Trip/c_denoised.png', name]);
      const told = leftOutNote(language, { missing: ['Trip/b_denoised.png'], cut: [] });
      expect(files[2]?.bytes.toString('utf8')).toBe(told.text);
      expect(told.text).toContain('Trip/b_denoised.png');
    }
  });

  test('S9: nothing to give is a failure with a sentence, and only the id of a batch is an address', async () => {
    await workshop.picture('a.png');
    const { window, batch } = await cleaned(join(workshop.pictures, 'a.png'));
    await window.call('undoBatch', { batch });
    const refusals = [
      [`results/${batch}/en`, 404, 'results-not-found'],
      ['results/000009-abc/en', 404, 'batch-not-found'],
      [`results/..%2f${batch}/en`, 404, 'batch-not-found'],
      ['results/%2Fetc/en', 404, 'batch-not-found'],
      [`results/${batch}/fr`, 400, 'request-invalid'],
      [`results/${batch}`, 400, 'request-invalid'],
      [`results/${batch}/en/x`, 400, 'request-invalid'],
      ['results/%/en', 400, 'request-invalid'],
    ] as const;
    for (const [address, status, code] of refusals) {
      const answer = await fetched(window, address);
      expect([address, answer.status, await answer.json()]).toMatchObject([
        address,
        status,
        { ok: false, code },
      ]);
    }
    expect(await window.try('findResults', { batch })).toMatchObject({
      ok: false,
      code: 'results-not-found',
    });
    expect(await window.try('findResults', { batch: '../x' })).toMatchObject({ code: 'batch-not-found' });
  });
});

test('names in an archive are each in one place, also where a disk knows no case, and lead nowhere else', () => {
  const names = archiveNames([
    { path: '/x/a.png', folder: '' },
    { path: '/y/A.png', folder: '' },
    { path: '/z/a (2).png', folder: '' },
    { path: '/x/a.png', folder: 'Trip' },
    { path: '/x/back\\slash.png', folder: '' },
    { path: '/x/c:drive.png', folder: '' },
    { path: '/x/e\u0301.png', folder: '' },
    { path: '/y/\u00e9.png', folder: '' },
  ]);
  expect(names).toEqual([
    'a.png',
    'A (2).png',
    'a (2) (2).png',
    'Trip/a.png',
    'back_slash.png',
    'c_drive.png',
    'e\u0301.png',
    '\u00e9 (2).png',
  ]);
});

describe('an archive that is made while it is read', () => {
  const noteOn = ({ missing, cut }: Shortcomings) => ({
    name: 'note',
    text: JSON.stringify({ missing, cut }),
  });
  const mebibyte = 2 ** 20;

  /** Files in a folder of the test, each of one byte value. */
  async function filesOf(...sizes: number[]): Promise<{ path: string; name: string }[]> {
    const folder = await mkdtemp(join(tmpdir(), 'zip-stream-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return Promise.all(
      sizes.map(async (size, index) => {
        const path = join(folder, `${index}.bin`);
        if (size <= 8 * mebibyte) await writeFile(path, Buffer.alloc(size, index + 1));
        else await (await open(path, 'w')).close().then(() => truncate(path, size));
        return { path, name: `${index}.bin` };
      }),
    );
  }

  async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** The parts of a stream one by one; at most what its buffers hold has been read when the first has come. */
  const partsOf = (stream: AsyncIterable<Buffer>) => stream[Symbol.asyncIterator]();

  test('what goes meanwhile is told, what was cut short meanwhile too, and the rest is whole', async () => {
    const files = await filesOf(4 * mebibyte, 100, 4 * mebibyte, 300, 0);
    await utimes(files[3]!.path, 1e9, 1e9);
    const stream = zipStream(files, noteOn);
    const parts = partsOf(stream);
    const first = (await parts.next()).value as Buffer;
    await rm(files[1]!.path);
    await truncate(files[0]!.path, 3 * mebibyte);
    const archive = Buffer.concat([first, await collect({ [Symbol.asyncIterator]: () => parts })]);
    const found = await unzip(archive);
    expect(found.map(({ name, bytes }) => [name, bytes.length])).toEqual([
      ['0.bin', 3 * mebibyte],
      ['2.bin', 4 * mebibyte],
      ['3.bin', 300],
      ['4.bin', 0],
      ['note', expect.any(Number)],
    ]);
    expect(found[2]?.modified.getTime()).toBe(1e12);
    expect(found[1]?.bytes.equals(Buffer.alloc(4 * mebibyte, 3))).toBe(true);
    expect(JSON.parse(found[4]!.bytes.toString())).toEqual({ missing: ['1.bin'], cut: ['0.bin'] });
  });

  test('of a large file that nobody reads on, hardly anything is held', async () => {
    const files = await filesOf(512 * mebibyte);
    const before = process.memoryUsage().arrayBuffers;
    const reader = bodyOf(zipStream(files, noteOn)).getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * mebibyte);
    await reader.cancel();
  });

  test.skipIf(process.platform !== 'linux')('whoever leaves in the middle leaves no file open', async () => {
    const files = await filesOf(64 * mebibyte, 64 * mebibyte);
    const paths = new Set(files.map(({ path }) => path));
    const openOnes = async () => {
      const all = await readdir('/proc/self/fd');
      const targets = await Promise.all(all.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
      return targets.filter((target) => paths.has(target)).length;
    };
    const reader = bodyOf(zipStream(files, noteOn)).getReader();
    await reader.read();
    expect(await openOnes()).toBe(1);
    await reader.cancel();
    await expect.poll(openOnes).toBe(0);
    // Also where not even the first bytes were asked for.
    const unread = bodyOf(zipStream(files, noteOn));
    await expect.poll(openOnes).toBe(1);
    await unread.cancel();
    await expect.poll(openOnes).toBe(0);
  });
});
