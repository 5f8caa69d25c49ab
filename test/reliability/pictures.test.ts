import { createServer } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Ended, Workspace } from '../cli/built-cli.ts';
import { batchLine, checkLines } from '../cli/json-schemas.ts';
import { Invariants, lineOf } from './invariants.ts';
import { awkward, cutOff, flat, misnamed, spreadOf, unusual, writeMade, type Made } from './made-pictures.ts';
import { straceOf, useProduct } from './product.ts';

// Each starts several processes, on machines that may be busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const product = useProduct();
let at: Workspace;
beforeEach(() => {
  at = product();
});

/** What came of a file, where it is not what was to come of it. */
function wrongs(ended: Ended, folder: string, made: readonly Made[]): string[] {
  return made.flatMap(({ name, size, codes, notice }) => {
    const line = lineOf(ended, join(folder, name));
    const came =
      line?.['type'] === 'done' ? [line['width'], line['height']].join('x') : String(line?.['code']);
    const right = size ? came === size.join('x') : codes?.test(came);
    const told = notice === undefined || JSON.stringify(line?.['noticeTexts']).includes(notice);
    return right && told
      ? []
      : [`${name}: ${came} ${JSON.stringify(line?.['noticeTexts'] ?? line?.['message'])}`];
  });
}

test('H2, H3, H5, H6, H7, H9, H10, H14, H15, H16, H17, H20: pictures made to be trouble, as one batch of the built program', async (context) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  }).listen(0, '127.0.0.1');
  context.onTestFinished(() => void server.close());
  const secret = join(at.folder, 'secret.txt');
  await writeFile(secret, 'never to be read');
  const made = {
    cut: await cutOff(),
    names: await misnamed(secret, (server.address() as AddressInfo).port),
    sizes: await awkward(512),
    kinds: await unusual(),
  };
  for (const [folder, pictures] of Object.entries(made)) await writeMade(join(at.pictures, folder), pictures);
  const before = await Invariants.of(at, ['trace']);

  const trace = join(at.folder, 'trace');
  const under = straceOf(context, '-o', trace, '-e', 'trace=open,openat,connect,execve');
  const ended = await at.run(['clean', 'pictures', '--out', 'out', '--json', '--noise-factor', '0.1'], { under });
  checkLines(batchLine, ended.json());
  const wrong = Object.entries(made).flatMap(([folder, pictures]) =>
    wrongs(ended, join(at.pictures, folder), pictures),
  );
  expect(wrong).toEqual([]);
  const found = Object.values(made).reduce((sum, pictures) => sum + pictures.length, 0);
  await before.hold(ended, { code: 3, found });

  // H6: what a drawing refers to was neither opened nor asked for.
  const calls = await readFile(trace, 'latin1');
  expect(calls).toContain(join(at.pictures, 'names', 'drawing.png'));
  expect(calls).not.toContain(secret);
  expect(calls).not.toMatch(/AF_INET/);
  expect(asked).toEqual([]);

  // H9: 16 bits go in, 16 come out, with more levels than 8 bits have.
  const deep = sharp(join(at.out, 'kinds', 'deep_denoised.png'));
  expect((await deep.metadata()).depth).toBe('ushort');
  const samples = await deep.toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();
  expect(new Set(new Uint16Array(samples.buffer, samples.byteOffset, samples.length / 2)).size).toBeGreaterThan(256);
  // H14: every page of a stack.
  expect((await sharp(join(at.out, 'kinds', 'pages_denoised.tif')).metadata()).pages).toBe(3);
}); // prettier-ignore

test('H21: what is flat is measured to be clean, and stays flat, and where it was', async () => {
  await writeMade(at.pictures, await flat());
  const before = await Invariants.of(at);
  const ended = await at.run(['clean', 'pictures', '--out', 'out', '--json']);
  await before.hold(ended, { code: 0, found: 4 });
  for (const [name, value] of Object.entries({ grey: 128, black: 0, white: 255 })) {
    const { mean, spread } = await spreadOf(join(at.out, `flat-${name}_denoised.png`));
    expect(Math.abs(mean - value), name).toBeLessThanOrEqual(1);
    expect(spread, name).toBeLessThanOrEqual(1);
  }
});
