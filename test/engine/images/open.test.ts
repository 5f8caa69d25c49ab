import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { appendFile, mkdir, open, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { AppError, isCancelled } from '../../../contract/errors.ts';
import { inspectImage } from '../../../engine/jobs/inspect.ts';
import { openImage } from '../../../engine/images/open.ts';
import { prepareSharp } from '../../../engine/images/prepare.ts';
import { readRegularFile } from '../../../engine/images/read-file.ts';
import { fromRaw, processorSeconds, rawPicture, temporaryFolder } from '../../fixtures/pictures.ts';

beforeAll(() => prepareSharp());

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  return error instanceof AppError ? error.code : `not an AppError: ${String(error)}`;
}

async function pngIn(folder: string): Promise<string> {
  const file = join(folder, 'a.png');
  await writeFile(file, await fromRaw(rawPicture(3, 8)).png().toBuffer());
  return file;
}

const unix = process.platform !== 'win32';

test.runIf(unix)('P3: a pipe, a socket, a device and a folder are refused at once, unopened', async () => {
  const folder = await temporaryFolder();
  const pipe = join(folder, 'pipe.png');
  execFileSync('mkfifo', [pipe]);
  const socket = join(folder, 'socket.png');
  const server = createServer().listen(socket);
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const child = join(folder, 'folder.png');
  await mkdir(child);
  const links = { pipe, socket, child, zero: '/dev/zero' };
  for (const [name, target] of Object.entries(links)) {
    const link = join(folder, `link-${name}.png`);
    await symlink(target, link);
    expect(await codeOf(openImage(target))).toBe('not-a-regular-file');
    expect(await codeOf(openImage(link))).toBe('not-a-regular-file');
  }
});

test.runIf(unix)(
  'P4: a file without size that never ends, a dangling link and a link to itself are refused',
  async () => {
    const folder = await temporaryFolder();
    const [dangling, self] = [join(folder, 'dangling.png'), join(folder, 'self.png')];
    await symlink(join(folder, 'nowhere'), dangling);
    await symlink(self, self);
    expect(await codeOf(openImage(dangling))).toBe('path-not-found');
    expect(await codeOf(openImage(self))).toBe('not-a-regular-file');
    if (process.platform === 'linux') expect(await codeOf(openImage('/proc/self/mem'))).toBe('image-empty');
  },
);

test.runIf(unix)('a link to a picture is a picture', async () => {
  const folder = await temporaryFolder();
  const link = join(folder, 'link');
  await symlink(await pngIn(folder), link);
  expect((await openImage(link)).summary.width).toBe(37);
});

test('P14: a sparse file of many gigabytes is refused by its size, with the numbers', async () => {
  const file = join(await temporaryFolder(), 'huge.tif');
  await writeFile(file, 'II*\0');
  await truncate(file, 20 * 2 ** 30);
  let error: unknown;
  const seconds = await processorSeconds(async () => {
    error = await openImage(file).catch((thrown: unknown) => thrown);
  });
  expect(error).toMatchObject({ code: 'image-too-large' });
  expect((error as AppError).message).toContain('20.0 GB');
  expect(seconds).toBeLessThan(0.5);
});

test('P13: a file that changed since it was planned is not read', async () => {
  const file = await pngIn(await temporaryFolder());
  const { bytes, modifiedMs } = (await openImage(file)).stat;
  const expected = { bytes, modifiedMs };
  await openImage(file, { expected });
  // Times that went through JSON or a coarse clock are the same times.
  await openImage(file, { expected: { bytes, modifiedMs: Math.floor(modifiedMs) } });
  await utimes(file, new Date(), new Date(modifiedMs + 5000));
  expect(await codeOf(openImage(file, { expected }))).toBe('input-changed');
  await utimes(file, new Date(), new Date(modifiedMs));
  await appendFile(file, 'more');
  expect(await codeOf(openImage(file, { expected }))).toBe('input-changed');
});

test('P13: a file that grows while it is read is refused', async () => {
  const file = join(await temporaryFolder(), 'growing');
  await writeFile(file, Buffer.alloc(40 * 2 ** 20, 1));
  const handle = await open(file, 'a');
  onTestFinished(() => handle.close());
  let finished = false;
  const reading = codeOf(readRegularFile(file)).finally(() => (finished = true));
  while (!finished) await handle.write('x');
  expect(await reading).toBe('input-changed');
});

test('what is read comes with its checksum and times, and nothing is written', async () => {
  const file = await pngIn(await temporaryFolder());
  await utimes(file, new Date(1e12), new Date(1.2e12));
  const { bytes, sha256, stat } = await openImage(file);
  const { createHash } = await import('node:crypto');
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect(stat).toMatchObject({ bytes: bytes.length, modifiedMs: 1.2e12 });
});

test('reading stops when it is told to', async () => {
  const file = await pngIn(await temporaryFolder());
  const stopped: unknown = await openImage(file, { signal: AbortSignal.abort() }).catch(
    (thrown: unknown) => thrown,
  );
  expect(isCancelled(stopped)).toBe(true);
});

test('a missing file and a path through a file are not found', async () => {
  const file = await pngIn(await temporaryFolder());
  expect(await codeOf(openImage(`${file}.missing`))).toBe('path-not-found');
  expect(await codeOf(openImage(join(file, 'inside')))).toBe('path-not-found');
});

test('a picture is described without decoding it', async () => {
  const file = await pngIn(await temporaryFolder());
  expect(await inspectImage({ file })).toMatchObject({
    format: 'png',
    width: 37,
    height: 29,
    channels: 3,
    alpha: false,
    bitDepth: 8,
    pages: 1,
    ownOutput: false,
  });
});
