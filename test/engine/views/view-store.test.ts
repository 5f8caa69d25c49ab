import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { isCancelled } from '../../../contract/errors.ts';
import { readHeader } from '../../../engine/images/picture-header.ts';
import { jpegWith } from '../../fixtures/pictures-containers.ts';
import { fromRaw, noise8, rawPicture } from '../../fixtures/pictures.ts';
import { makeTiff, plainPage } from '../../fixtures/pictures-tiff.ts';
import { blurring, never, samplesOf, viewing } from './viewing.ts';

/** A profile other than sRGB. */
async function displayProfile(): Promise<Buffer> {
  const image = sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } });
  const { icc } = await sharp(await image.withIccProfile('p3').png().toBuffer()).metadata();
  return icc!;
}

test('opening tells what the picture is and how noisy; pixels are those of the file', async () => {
  const raw = rawPicture(3, 8);
  const view = await viewing(await fromRaw(raw).png().toBuffer());
  expect(view.summary).toMatchObject({ width: 37, height: 29, channels: 3, bitDepth: 8 });
  const estimate = await view.measure();
  expect(estimate).toMatchObject({ file: view.file, clean: false });
  expect(estimate.noiseFactor).toBeGreaterThan(0.2);
  expect(await samplesOf(await view.pixels({ layer: 'noisy' }))).toEqual(raw.samples);
  expect(await samplesOf(await view.pixels({ layer: 'clean' }))).toEqual(raw.samples);
});

test('the picture itself is shown before its noise is measured, and cleaned by what was measured', async () => {
  const view = await viewing(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  const order: string[] = [];
  const note = (what: string) => () => void order.push(what);
  await Promise.all([
    view.measure().then(note('measured')),
    view.pixels({ choices: { noiseFactor: 'auto' } }).then(note('cleaned')),
    view.pixels({ layer: 'noisy' }).then(note('shown')),
  ]);
  expect(order).toEqual(['shown', 'measured', 'cleaned']);
});

test('a view that is closed while its noise is to be measured is let go', async () => {
  const view = await viewing(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  const measured = view.measure();
  view.store.close(view.view);
  await expect(measured).rejects.toSatisfy(isCancelled);
});

test('a picture that lies on its side is shown upright, its profile within the PNG', async () => {
  const raw = rawPicture(3, 8);
  const { width, height } = raw;
  const icc = await displayProfile();
  // One entry: orientation 6, turn clockwise.
  const exif = Buffer.from('49492a0008000000010012010300010000000600000000000000', 'hex');
  const view = await viewing(jpegWith(await fromRaw(raw).jpeg().toBuffer(), { exif, icc }));
  expect(view.summary).toMatchObject({ width: height, height: width });
  const { png } = await view.pixels({ layer: 'noisy' });
  const { metadata, pages } = await readHeader(Buffer.from(png));
  expect(metadata.icc?.equals(icc)).toBe(true);
  expect(pages[0]).toMatchObject({ width: height, height: width, orientation: 1 });
});

test('a grey picture with a profile for RGB is shown so that the profile counts', async () => {
  const icc = await displayProfile();
  const view = await viewing(jpegWith(await fromRaw(rawPicture(1, 8)).jpeg().toBuffer(), { icc }));
  const { metadata, pages } = await readHeader(Buffer.from((await view.pixels({ layer: 'noisy' })).png));
  expect([metadata.icc?.equals(icc), pages[0]!.channels]).toEqual([true, 3]);
});

test('every page of a stack is shown; floats by the range of the whole file', async () => {
  const page = (value: number) =>
    plainPage({
      width: 16,
      height: 16,
      channels: 1,
      samples: Float32Array.from({ length: 256 }, (_, i) => value + i),
      sampleFormat: 3,
    });
  const view = await viewing(makeTiff({ pages: [page(0), page(255)] })); // 0 to 510 in all
  expect(view.summary.pages).toBe(2);
  for (const [index, low] of [0, 255].entries()) {
    const shown = await samplesOf(await view.pixels({ layer: 'noisy', page: index }));
    const grey = shown.filter((_, i) => i % (shown.length / 256) === 0);
    grey.forEach((value, i) => {
      // Half of them lie between two levels, where float rounding may choose either.
      expect(Math.abs(value - (255 * (low + i)) / 510)).toBeLessThan(0.502);
    });
  }
  await expect(view.pixels({ page: 2 })).rejects.toMatchObject({ code: 'argument-invalid' });
});

test('what is kept stays within the bound, and what had to go comes back', async () => {
  const [width, height] = [160, 128];
  const samples = noise8(width * height * 3);
  const bytes = await fromRaw({ width, height, channels: 3, samples }).png().toBuffer();
  // The page takes 61 kB, its answers four times as much.
  const bound = 100_000;
  const network = blurring();
  const small = await viewing(bytes, { bytes: bound, network });
  const roomy = await viewing(bytes);
  for (const region of [
    { x: 0, y: 0, width: 64, height: 64 },
    { x: 64, y: 32, width: 96, height: 96 },
    { x: 0, y: 0, width, height },
    { x: 0, y: 0, width: 64, height: 64 },
  ]) {
    const [one, other] = [await small.pixels({ region }), await roomy.pixels({ region })];
    expect(Buffer.compare(one.png, other.png)).toBe(0);
    expect(small.store.bytes).toBeLessThanOrEqual(bound);
  }
  expect(roomy.store.bytes).toBeGreaterThan(bound);
  expect(await samplesOf(await small.pixels({ layer: 'noisy' }))).toEqual(samples);
});

test('a file that is another one now is not decoded again in its name', async () => {
  const bytes = await fromRaw(rawPicture(3, 8)).png().toBuffer();
  const view = await viewing(bytes, { bytes: 1, network: blurring() });
  await view.pixels({}); // answers push the page out
  await writeFile(
    view.file,
    await fromRaw(rawPicture(3, 8, 2))
      .jpeg()
      .toBuffer(),
  );
  await expect(view.pixels({ layer: 'noisy' })).rejects.toMatchObject({ code: 'input-changed' });
});

test('a closed or unknown view is not found, and nothing of it is kept', async () => {
  const view = await viewing(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  await view.pixels({});
  expect(view.store.bytes).toBeGreaterThan(0);
  view.store.close(view.view);
  expect(view.store.bytes).toBe(0);
  await expect(view.pixels({})).rejects.toMatchObject({ code: 'view-not-found' });
  await expect(view.complete()).rejects.toMatchObject({ code: 'view-not-found' });
  view.store.close(view.view); // again
});

test('work that is going on ends when its view is closed, and keeps nothing', async () => {
  let release = () => {};
  const slow = blurring();
  const started = new Promise<void>((resolve) => {
    const { run } = slow;
    slow.run = async (...tile) => {
      resolve();
      await new Promise<void>((go) => (release = go));
      return await run(...tile);
    };
  });
  const view = await viewing(await fromRaw(rawPicture(3, 8)).png().toBuffer(), { network: slow });
  const pixels = view.pixels({});
  await started;
  view.store.close(view.view);
  release();
  await expect(pixels).rejects.toSatisfy(isCancelled);
  expect(view.store.bytes).toBe(0);
});

test('regions outside the picture are refused', async () => {
  const view = await viewing(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  for (const region of [
    { x: 37, y: 0, width: 1, height: 1 },
    { x: 0, y: 1, width: 1, height: 29 },
  ]) {
    await expect(view.pixels({ region })).rejects.toMatchObject({ code: 'argument-invalid' });
  }
});

test('what cannot be read is refused with its reason', async () => {
  const view = await viewing(await fromRaw(rawPicture(3, 8)).png().toBuffer());
  await writeFile(view.file, 'not a picture '.repeat(20));
  await expect(view.store.open(view.file, 0, never)).rejects.toMatchObject({ code: 'not-a-picture' });
  await expect(view.store.open(`${view.file}.none`, 0, never)).rejects.toMatchObject({
    code: 'path-not-found',
  });
});
