import { expect, test } from 'vitest';
import { isCancelled } from '../../../contract/errors.ts';
import { blended } from '../../../engine/views/layers.ts';
import { fromRaw, noise8 } from '../../fixtures/pictures.ts';
import { blurring, samplesOf, viewing, type Choices } from './viewing.ts';

const [width, height] = [1301, 43];
const raw = { width, height, channels: 3 as const, samples: noise8(width * height * 3) };
const bytes = () => fromRaw(raw).png().toBuffer();

/** Means of boxes of samples on the scale of 8 bit, in double precision. */
function boxMeans(samples: ArrayLike<number>, reduction: number): number[] {
  const [columns, rows] = [Math.ceil(width / reduction), Math.ceil(height / reduction)];
  const sums = new Float64Array(columns * rows * 3);
  const counts = new Float64Array(columns * rows);
  for (let i = 0; i < width * height; i++) {
    const box = Math.floor(Math.floor(i / width) / reduction) * columns + Math.floor((i % width) / reduction);
    counts[box]!++;
    for (let c = 0; c < 3; c++) sums[box * 3 + c]! += samples[i * 3 + c]!;
  }
  return Array.from(sums, (sum, i) => sum / counts[Math.floor(i / 3)]!);
}

const farthest = (shown: Uint8Array, means: readonly number[]): number =>
  shown.reduce((most, value, i) => Math.max(most, Math.abs(value - means[i]!)), 0);

/** Where a mean lies between two levels, float rounding may choose either. */
function expectNear(shown: Uint8Array, means: readonly number[]): void {
  expect(shown.length).toBe(means.length);
  expect(farthest(shown, means)).toBeLessThan(0.502);
}

test.each([2, 8, 128] as const)('at 1/%i the picture is the mean of its boxes', async (reduction) => {
  const view = await viewing(await bytes());
  expectNear(
    await samplesOf(await view.pixels({ layer: 'noisy', reduction })),
    boxMeans(raw.samples, reduction),
  );
});

test('below 100 % the cleaned picture is the reduced cleaned picture, once all of it was cleaned', async () => {
  const view = await viewing(await bytes());
  const exact = await view.pixels({});
  const cleaned = await samplesOf(exact);
  const before = await view.pixels({ reduction: 4 });
  expect(before.complete).toBe(false);
  expectNear(await samplesOf(before), boxMeans(raw.samples, 4)); // the noisy picture for now
  await view.complete();
  const fractions = view.events.flatMap((event) => (event.type === 'view-progress' ? [event.fraction] : []));
  expect(fractions.length).toBeGreaterThan(1);
  expect(fractions.at(-1)).toBe(1);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  for (const reduction of [2, 4, 32] as const) {
    const after = await view.pixels({ reduction });
    expect(after.complete).toBe(true);
    const means = boxMeans(cleaned, reduction);
    // The full size was rounded before it was averaged here.
    expect(farthest(await samplesOf(after), means)).toBeLessThan(1.01);
  }
});

test('strength at reduced size needs no network, and 0 is the picture itself', async () => {
  const network = blurring();
  const view = await viewing(await bytes(), { network });
  await view.complete();
  const runs = network.runs.length;
  const shown = async (choices: Choices) => samplesOf(await view.pixels({ reduction: 8, choices }));
  const [none, half, all] = [await shown({ strength: 0 }), await shown({ strength: 0.5 }), await shown({})];
  expect(none).toEqual(await samplesOf(await view.pixels({ reduction: 8, layer: 'noisy' })));
  expect(
    farthest(
      half,
      Array.from(none, (value, i) => (value + all[i]!) / 2),
    ),
  ).toBeLessThanOrEqual(1);
  expect(network.runs.length).toBe(runs);
});

test('a stopped completion leaves what is done, and the next one goes on from there', async () => {
  const network = blurring();
  const view = await viewing(await bytes(), { network });
  const stop = new AbortController();
  const { run } = network;
  network.run = (...tile) => (stop.abort(), run(...tile));
  await expect(view.complete({}, stop.signal)).rejects.toSatisfy(isCancelled);
  expect(network.runs.length).toBe(1);
  network.run = run;
  const half = await view.pixels({ reduction: 4 });
  expect(half.complete).toBe(false);
  const left = await view.pixels({ reduction: 4, region: { x: 0, y: 0, width: 128, height } });
  expect(left.complete).toBe(true);
  await Promise.all([view.complete(), view.complete()]); // two at once share the work
  const all = network.runs.length;
  await view.complete();
  expect(network.runs.length).toBe(all);
  expect((await view.pixels({ reduction: 4 })).complete).toBe(true);
  const again = await viewing(await bytes());
  await again.complete();
  expect(
    Buffer.compare((await view.pixels({ reduction: 4 })).png, (await again.pixels({ reduction: 4 })).png),
  ).toBe(0);
});

test('pixels that somebody waits for come before the next tile of a completion', async () => {
  const network = blurring();
  const { run } = network;
  let goOn = () => {};
  const first = new Promise<void>((resolve) => (goOn = resolve));
  network.run = async (...tile) => (await first, run(...tile));
  const view = await viewing(await bytes(), { network });
  const complete = view.complete();
  await new Promise((resolve) => setTimeout(resolve, 20)); // its first tile is being worked on
  const pixels = view.pixels({ region: { x: 1200, y: 0, width: 32, height: 32 } });
  await new Promise((resolve) => setTimeout(resolve, 20)); // both wait now
  goOn();
  await Promise.all([complete, pixels]);
  const widths = network.runs.map((tile) => tile.width);
  expect(widths.length).toBeGreaterThan(2);
  expect(widths.indexOf(Math.min(...widths))).toBe(1);
});

test('the picture as it is does not wait for a tile after each of its pieces', async () => {
  const network = blurring();
  const raw = { width: 2000, height: 2000, channels: 1 as const, samples: noise8(4e6) };
  const view = await viewing(await fromRaw(raw).png().toBuffer(), { network });
  const shown = view.pixels({ layer: 'noisy', reduction: 4 }).then(() => network.runs.length);
  const complete = view.complete();
  expect(await shown).toBeLessThanOrEqual(1); // the first may begin the moment that the pixels are there
  await complete;
  expect(network.runs.length).toBeGreaterThan(4);
});

test('alpha is reduced beside the colour', async () => {
  const samples = noise8(64 * 32 * 4);
  const view = await viewing(await fromRaw({ width: 64, height: 32, channels: 4, samples }).png().toBuffer());
  const shown = await samplesOf(await view.pixels({ layer: 'noisy', reduction: 32 }));
  const mean = (from: number) => {
    let sum = 0;
    for (let y = 0; y < 32; y++) for (let x = from; x < from + 32; x++) sum += samples[(y * 64 + x) * 4 + 3]!;
    return Math.round(sum / 1024);
  };
  expect([shown[3], shown[7], shown.length]).toEqual([mean(0), mean(32), 8]);
});

test('strength is monotonic in every sample', () => {
  const noisy = { width: 64, height: 1, channels: 3 as const, samples: noise8(192) };
  const answer = Float32Array.from(noise8(192, 2), (value) => value / 255);
  const steps = Array.from({ length: 21 }, (_, i) =>
    blended(noisy, answer, { strength: i / 20, colourStrength: i / 20 }),
  );
  for (let i = 0; i < 192; i++) {
    const towards = Math.sign(answer[i]! * 255 - noisy.samples[i]!);
    for (let k = 1; k < steps.length; k++) {
      expect(towards * (steps[k]!.samples[i]! - steps[k - 1]!.samples[i]!)).toBeGreaterThanOrEqual(0);
    }
  }
});
