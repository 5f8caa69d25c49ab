import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reasonIn } from '../../contract/errors.ts';
import { sayPhrase } from '../../contract/texts/fill-in.ts';
import { findPictures } from '../../engine/training/find-pictures.ts';
import { copyPatch, cutPatches, placePatch } from '../../engine/training/patches.ts';
import { PicturePool } from '../../engine/training/picture-pool.ts';
import { preparePicture } from '../../engine/training/prepare-picture.ts';
import { splitPictures } from '../../engine/training/split.ts';
import { openTrainingData } from '../../engine/training/training-data.ts';
import { middleOf } from '../../engine/training/validation-crop.ts';
import type { Raster } from '../../model/image.ts';
import { Random } from '../../model/noise/random.ts';
import {
  pictureFolder,
  portableServices,
  scratchFolder,
  tinyConfig,
  writeGarbage,
  writePicture,
} from './train-fixtures.ts';

const signal = new AbortController().signal;

describe('finding pictures', () => {
  test('goes through folders in depth, in an order by name, and leaves other files and links alone', async () => {
    const folder = await scratchFolder();
    await mkdir(join(folder, 'b', 'c'), { recursive: true });
    for (const name of ['z.png', 'a.JPG', 'notes.txt', 'b/c/y.tif', 'b/x.webp'])
      await writeGarbage(join(folder, name));
    await symlink(join(folder, 'z.png'), join(folder, 'link.png'));
    await symlink(folder, join(folder, 'loop'));
    const { pictures } = await findPictures([folder]);
    expect(pictures.map(({ name }) => name)).toEqual(['a.JPG', 'b/c/y.tif', 'b/x.webp', 'z.png']);
  });

  test('takes single files whatever their names, after the folders asked for before them', async () => {
    const folder = await pictureFolder(1);
    await writeGarbage(join(folder, 'scan'));
    const { pictures } = await findPictures([folder, join(folder, 'scan')]);
    expect(pictures.map(({ source, name }) => [source, name])).toEqual([
      [0, 'picture-0.png'],
      [1, 'scan'],
    ]);
  });

  test('T3: a pipe is not waited for, and a name that is no valid text is told', async () => {
    const folder = await scratchFolder();
    execFileSync('mkfifo', [join(folder, 'pipe.tif')]);
    await writeFile(Buffer.from(join(folder, 'bad\xff.png'), 'latin1'), '');
    expect((await findPictures([join(folder, 'pipe.tif')])).pictures).toHaveLength(1);
    const { pictures, unreadable } = await findPictures([folder]);
    expect(pictures).toEqual([]);
    expect(unreadable.map(({ reason }) => reason.phrase)).toEqual(['left-name']);
  });

  test('says which place is not there', async () => {
    await expect(findPictures(['/nowhere/at/all'])).rejects.toMatchObject({ code: 'path-not-found' });
  });
});

describe('the split', () => {
  const pictures = Array.from({ length: 40 }, (_, i) => i);

  test('puts every picture on one side, the share that is asked for on the validation side', () => {
    const { training, validation } = splitPictures(pictures, 0.1, new Random(1));
    expect(validation).toHaveLength(4);
    expect([...training, ...validation].sort((a, b) => a - b)).toEqual(pictures);
  });

  test('follows from the seed', () => {
    expect(splitPictures(pictures, 0.1, new Random(1))).toEqual(splitPictures(pictures, 0.1, new Random(1)));
    expect(splitPictures(pictures, 0.1, new Random(1))).not.toEqual(
      splitPictures(pictures, 0.1, new Random(2)),
    );
  });

  test.each([
    [2, 0.1, 1],
    [1, 0.5, 0],
    [0, 0.1, 0],
    [40, 0, 0],
  ])('of %i pictures and a share of %d keeps %i', (count, share, kept) => {
    expect(splitPictures(pictures.slice(0, count), share, new Random(1)).validation).toHaveLength(kept);
  });
});

describe('preparing a picture', () => {
  const limits = { channels: 1, bytes: Infinity, smallestSide: 1 } as const;

  test('keeps the depth of 8 and 16 bit and of floats, which are clipped', () => {
    const size = { width: 4, height: 1, channels: 1 } as const;
    const deep = preparePicture(
      { ...size, samples: Uint16Array.of(0, 128, 129, 65535) },
      limits,
      new Random(1),
    );
    expect(deep.samples).toEqual(Uint16Array.of(0, 128, 129, 65535));
    const float = preparePicture({ ...size, samples: Float32Array.of(-1, 0.5, 1, 7) }, limits, new Random(1));
    expect(float.samples).toEqual(Float32Array.of(0, 0.5, 1, 1));
  });

  test('makes grey of colour by luma, and colour of grey by repeating it', () => {
    const colour = {
      width: 2,
      height: 1,
      channels: 3,
      samples: Uint8Array.of(100, 150, 200, 9, 9, 9),
    } as const;
    const luma = Math.round(0.299 * 100 + 0.587 * 150 + 0.114 * 200);
    expect([...preparePicture(colour, limits, new Random(1)).samples]).toEqual([luma, 9]);
    const grey = { width: 2, height: 1, channels: 1, samples: Uint8Array.of(7, 8) } as const;
    const back = preparePicture(grey, { ...limits, channels: 3 }, new Random(1));
    expect([...back.samples]).toEqual([7, 7, 7, 8, 8, 8]);
  });

  test('keeps a window of a picture that is too large, with pixels where they were', () => {
    const [width, height] = [40, 20];
    const samples = Uint8Array.from(
      { length: width * height },
      (_, i) => (i % width) + 5 * Math.floor(i / width),
    );
    const window = preparePicture(
      { width, height, channels: 1, samples },
      { ...limits, bytes: 200 },
      new Random(3),
    );
    expect([window.width, window.height]).toEqual([20, 10]);
    const across = window.samples.subarray(0, window.width);
    expect([...across].every((value, i) => value === across[0]! + i)).toBe(true);
    expect(window.samples[window.width]! - window.samples[0]!).toBe(5);
  });

  test('never makes a side smaller than asked, however little memory there is', () => {
    const long = { width: 200, height: 10, channels: 1, samples: new Uint8Array(2000) } as const;
    const window = preparePicture(long, { ...limits, bytes: 1, smallestSide: 8 }, new Random(3));
    expect([window.width, window.height]).toEqual([8, 8]);
  });
});

/** A patch from a random place. */
function cutPatch(picture: Raster, side: number, random: Random, target: Float32Array): void {
  copyPatch(picture, placePatch(picture, side, 'flips-and-turns', random), target);
}

describe('patches', () => {
  /** Every pixel has a value of its own. */
  const numbered: Raster = {
    width: 3,
    height: 3,
    channels: 1,
    samples: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9),
  };
  const bytes = (patch: Float32Array) => [...patch].map((value) => Math.round(value * 255));

  test('come in all eight flips and turns', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const patch = new Float32Array(9);
      cutPatch(numbered, 3, new Random(i), patch);
      seen.add(bytes(patch).join(''));
    }
    expect([...seen].sort()).toEqual(
      [
        '123456789',
        '321654987',
        '789456123',
        '987654321',
        '147258369',
        '741852963',
        '369258147',
        '963852741',
      ].sort(),
    );
  });

  test('come from every place of the picture and from nowhere else', () => {
    const wide: Raster = {
      width: 5,
      height: 4,
      channels: 1,
      samples: Uint8Array.from({ length: 20 }, (_, i) => i),
    };
    const corners = new Set<number>();
    for (let i = 0; i < 400; i++) {
      const patch = new Float32Array(9);
      cutPatch(wide, 3, new Random(i), patch);
      corners.add(Math.min(...bytes(patch)));
    }
    expect([...corners].sort((a, b) => a - b)).toEqual([0, 1, 2, 5, 6, 7]);
  });

  test('of colour pictures change the order of channels now and then, the same for all pixels', () => {
    const flat: Raster = {
      width: 2,
      height: 2,
      channels: 3,
      samples: Uint8Array.of(1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3),
    };
    const counts = new Map<string, number>();
    for (let i = 0; i < 1000; i++) {
      const patch = new Float32Array(12);
      cutPatch(flat, 2, new Random(i), patch);
      const [first, ...others] = bytes(patch).join('').match(/.{3}/g)!;
      expect(others).toEqual([first, first, first]);
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['123', '132', '213', '231', '312', '321']);
    expect(counts.get('123')).toBeGreaterThan(750);
  });

  test('are halved now and then by the mean of four pixels, where the picture is large enough', () => {
    const board: Raster = {
      width: 16,
      height: 16,
      channels: 1,
      samples: Uint8Array.from({ length: 256 }, (_, i) => ((i + (i >> 4)) % 2 ? 200 : 100)),
    };
    let halved = 0;
    for (let i = 0; i < 500; i++) {
      const patch = new Float32Array(64);
      cutPatch(board, 8, new Random(i), patch);
      const values = new Set(bytes(patch));
      if (values.size === 1) expect([...values]).toEqual([(2 * 200 + 2 * 100) / 4]);
      else expect([...values].sort()).toEqual([100, 200]);
      halved += values.size === 1 ? 1 : 0;
    }
    expect(halved / 500).toBeGreaterThan(0.12);
    expect(halved / 500).toBeLessThan(0.28);
  });

  test.each([
    ['flips-and-turns', 8],
    ['flips', 2],
    ['none', 1],
  ] as const)('lie in every way that “%s” allows, %i of them', (augmentation, ways) => {
    const found = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const patch = new Float32Array(9);
      copyPatch(numbered, placePatch(numbered, 3, augmentation, new Random(i)), patch);
      if (augmentation === 'flips') expect(bytes(patch).slice(0, 3).sort()).toEqual([1, 2, 3]);
      found.add(bytes(patch).join());
    }
    expect(found.size).toBe(ways);
  });

  test('do not depend on how many are cut together', () => {
    const cut = (count: number) =>
      cutPatches(
        () => numbered,
        { count, side: 2, channels: 1 },
        'flips-and-turns',
        new Random(1),
      ).clean.subarray(0, 8);
    expect(cut(2)).toEqual(cut(5));
  });
});

describe('the pool', () => {
  const files = Array.from({ length: 12 }, (_, i) => i);
  /** 100 bytes of the file's own number, after a while that differs from run to run. */
  const decode = async (file: number) => {
    await new Promise((resolve) => setTimeout(resolve, 3 * Math.random()));
    return { file, width: 10, height: 10, bytes: 100 };
  };
  type Numbered = Awaited<ReturnType<typeof decode>>;
  const resident = (pool: PicturePool<number, Numbered>) =>
    new Set(Array.from({ length: 300 }, (_, i) => pool.draw(new Random(i)).file));

  test('holds all pictures where they fit, and draws each', async () => {
    const pool = new PicturePool({ files, decode, budget: 1200, random: new Random(1) });
    await pool.fill(signal);
    expect(pool.size).toBe(12);
    expect(resident(pool)).toEqual(new Set(files));
    for (let batch = 0; batch < 100; batch++) await pool.advance();
    expect(pool.size).toBe(12);
  });

  test('stays within its budget, and every picture gets its turn', async () => {
    const pool = new PicturePool({ files, decode, budget: 450, random: new Random(1) });
    await pool.fill(signal);
    const seen = new Set<number>();
    for (let batch = 0; batch < 16 * 12; batch++) {
      await pool.advance();
      expect(pool.size).toBe(4);
      if (batch % 16 === 0) for (const file of resident(pool)) seen.add(file);
    }
    expect(seen).toEqual(new Set(files));
  });

  test('holds the same pictures at the same batch, however long decoding takes', async () => {
    const history = async () => {
      const pool = new PicturePool({ files, decode, budget: 450, random: new Random(1) });
      await pool.fill(signal);
      const drawn: number[] = [];
      for (let batch = 0; batch < 100; batch++) {
        await pool.advance();
        drawn.push(pool.draw(new Random(batch)).file);
      }
      return drawn;
    };
    expect(await history()).toEqual(await history());
  });

  test.each([0, 1, 15, 16, 17, 40])(
    'that was restored after %i batches holds and draws what the undisturbed one does',
    async (batches) => {
      const options = { files, decode, budget: 450, random: new Random(1) };
      const undisturbed = new PicturePool<number, Numbered>(options);
      await undisturbed.fill(signal);
      for (let batch = 0; batch < batches; batch++) await undisturbed.advance();
      const restored = new PicturePool<number, Numbered>({ ...options, random: new Random(1) });
      await restored.restore(structuredClone(undisturbed.state), signal);
      for (let batch = 0; batch < 60; batch++) {
        await Promise.all([undisturbed.advance(), restored.advance()]);
        const random = () => new Random(batch);
        expect(restored.draw(random()).file).toBe(undisturbed.draw(random()).file);
      }
      expect(restored.state).toEqual(undisturbed.state);
    },
  );

  test('holds at least one picture, even one above the budget', async () => {
    const pool = new PicturePool({ files, decode, budget: 10, random: new Random(1) });
    await pool.fill(signal);
    expect(pool.size).toBe(1);
  });

  test('draws large pictures more often, by the root of their area', async () => {
    const sizes = (file: number) => {
      const side = file === 0 ? 30 : 10;
      return Promise.resolve({ file, width: side, height: side, bytes: side * side });
    };
    const pool = new PicturePool({ files: [0, 1], decode: sizes, budget: 5000, random: new Random(1) });
    await pool.fill(signal);
    let large = 0;
    for (let i = 0; i < 4000; i++) large += pool.draw(new Random(i)).file === 0 ? 1 : 0;
    expect(large / 4000).toBeCloseTo(30 / (30 + 10), 1);
  });
});

describe('training data', () => {
  const { decode } = portableServices;

  test('gives the same batch for the same config and step, with noise of the range', async () => {
    const config = tinyConfig(await pictureFolder(4));
    const open = () => openTrainingData(config, 8, { decode }, signal);
    const [first, second] = [await open(), await open()];
    expect(await second.nextBatch(0)).toEqual(await first.nextBatch(0));
    const batch = await first.nextBatch(1);
    expect(batch.clean).not.toEqual((await second.nextBatch(2)).clean);
    expect(batch).toMatchObject({ count: 2, side: 16, channels: 1 });
    expect(batch.noisy).toHaveLength(2 * 16 * 16);
  });

  test('T3: leaves out what cannot be used, says why, and counts the rest by folder', async () => {
    const [good, mixed] = [await pictureFolder(3), await scratchFolder()];
    await writeGarbage(join(mixed, 'broken.png'));
    await writePicture(join(mixed, 'small.png'), 12, 30);
    await writePicture(join(mixed, 'fine.png'), 30, 30);
    const config = tinyConfig(good, { folders: [good, mixed], validationShare: 0 });
    const data = await openTrainingData(config, 8, { decode }, signal);
    expect(data.countBySource()).toEqual([3, 1]);
    expect(
      data
        .leftOut()
        .map(({ file }) => file)
        .sort(),
    ).toEqual([join(mixed, 'broken.png'), join(mixed, 'small.png')]);
    const { reason } = data.leftOut().find(({ file }) => file.endsWith('small.png'))!;
    expect(sayPhrase(reasonIn(reason))).toContain('12×30');
  });

  test('T3: refuses folders without a usable picture, with the first reason', async () => {
    const empty = await scratchFolder();
    await expect(openTrainingData(tinyConfig(empty), 8, { decode }, signal)).rejects.toMatchObject({
      code: 'no-pictures',
    });
    const small = await pictureFolder(3, 12);
    const refused = openTrainingData(tinyConfig(small), 8, { decode }, signal);
    await expect(refused).rejects.toMatchObject({ code: 'training-folder-unusable' });
    await expect(refused).rejects.toThrow('12×12');
  });

  test('stops while it reads pictures when asked to', async () => {
    const config = tinyConfig(await pictureFolder(2));
    await expect(openTrainingData(config, 8, { decode }, AbortSignal.abort())).rejects.toThrow();
  });

  test('keeps the middles of the validation pictures, in sizes that the network takes', () => {
    const samples = Uint8Array.from({ length: 21 * 18 }, (_, i) => (i % 21) + Math.floor(i / 21));
    const middle = middleOf({ width: 21, height: 18, channels: 1, samples }, 8);
    expect([middle.width, middle.height]).toEqual([16, 16]);
    expect(middle.samples[0]).toBeCloseTo(samples[1 * 21 + 2]! / 255, 6);
    const large = middleOf({ width: 500, height: 163, channels: 1, samples: new Uint8Array(500 * 163) }, 8);
    expect([large.width, large.height]).toEqual([160, 160]);
  });
});
