import { expect, test } from 'vitest';
import type { ViewPart } from '../../../contract/engine-api.ts';
import { viewChoices } from '../../../contract/view.ts';
import { fromRaw, gentle8 } from '../../fixtures/pictures.ts';
import { blurring, never, samplesOf, viewing, type Choices, type Viewing } from './viewing.ts';

const [width, height] = [150, 110];
const samples = gentle8(width, height, 3);
const bytes = () => fromRaw({ width, height, channels: 3, samples }).png().toBuffer();
const added = { kind: 'gaussian', noiseFactor: 0.08, seed: 3 } as const;
const context = { signal: never, send: () => {} };

const partOf = (view: Viewing, choices: Choices, region = { x: 0, y: 0, width, height }): ViewPart => ({
  ...view.runtime,
  view: view.view,
  page: 0,
  region,
  choices: viewChoices.parse({ model: 'tiny', ...choices }),
});

test('noise is the same for the same seed, whatever part is asked for, and the clean picture stays', async () => {
  const view = await viewing(await bytes());
  const whole = await samplesOf(await view.pixels({ layer: 'noisy', choices: { added } }));
  expect(whole).not.toEqual(samples);
  const region = { x: 51, y: 40, width: 70, height: 33 };
  const part = await samplesOf(await view.pixels({ layer: 'noisy', choices: { added }, region }));
  for (let y = 0; y < 33; y++) {
    const from = ((40 + y) * width + 51) * 3;
    expect(part.subarray(y * 210, (y + 1) * 210)).toEqual(whole.subarray(from, from + 210));
  }
  const other = { ...added, seed: 4 };
  expect(await samplesOf(await view.pixels({ layer: 'noisy', choices: { added: other } }))).not.toEqual(
    whole,
  );
  expect(await samplesOf(await view.pixels({ layer: 'clean', choices: { added } }))).toEqual(samples);
});

test('what is cleaned is what a file of the noisy picture would give', async () => {
  const view = await viewing(await bytes());
  const noisy = await samplesOf(await view.pixels({ layer: 'noisy', choices: { added } }));
  const file = await viewing(await fromRaw({ width, height, channels: 3, samples: noisy }).png().toBuffer());
  for (const reduction of [1, 2] as const) {
    const choices = { noiseFactor: 0.08, strength: 0.8 };
    await view.complete({ ...choices, added });
    await file.complete(choices);
    const one = await view.pixels({ reduction, choices: { ...choices, added } });
    const other = await file.pixels({ reduction, choices });
    expect([one.complete, other.complete]).toEqual([true, true]);
    expect(Buffer.compare(one.png, other.png)).toBe(0);
  }
});

test('the network is told the factor that was added, at most what it knows', async () => {
  const told: number[] = [];
  const network = blurring();
  const { run } = network;
  network.run = (tile, rows, columns, noiseFactor) => {
    told.push(noiseFactor);
    return run(tile, rows, columns, noiseFactor);
  };
  const view = await viewing(await bytes(), { network });
  const region = { x: 0, y: 0, width: 8, height: 8 };
  for (const choices of [
    { noiseFactor: 'auto', added },
    { noiseFactor: 0.05, added },
    { noiseFactor: 'auto', added: { ...added, noiseFactor: 0.9 } },
  ] as const) {
    await view.pixels({ region, choices });
  }
  expect(told).toEqual([0.08, 0.05, 0.22]);
});

test('a clean picture whose noise is to be measured is shown as it is, without the network', async () => {
  const network = blurring();
  const even = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => 60 + Math.floor(((i / 3) % width) / 2),
  );
  const view = await viewing(await fromRaw({ width, height, channels: 3, samples: even }).png().toBuffer(), {
    network,
  });
  expect((await view.measure()).clean).toBe(true);
  const choices = { noiseFactor: 'auto' } as const;
  expect(await samplesOf(await view.pixels({ choices }))).toEqual(even);
  const residual = await samplesOf(await view.pixels({ layer: 'residual', choices }));
  expect(new Set(residual)).toEqual(new Set([128]));
  expect((await view.pixels({ choices, reduction: 2 })).complete).toBe(true);
  await view.complete(choices);
  expect(await view.judge(partOf(view, choices), context)).toMatchObject({
    verdict: 'nothing-removed',
    removed: 0,
  });
  expect(network.runs).toEqual([]);
});

test('the residual is what was removed, amplified, around mid-grey', async () => {
  const network = {
    ...blurring(),
    run: (tile: Float32Array) => Promise.resolve(tile.map((value) => value + 0.02)),
  };
  const view = await viewing(await bytes(), { network });
  const residual = async (amplification: number, strength = 1) =>
    new Set(await samplesOf(await view.pixels({ layer: 'residual', amplification, choices: { strength } })));
  expect(await residual(4)).toEqual(new Set([Math.round(255 * (0.5 - 4 * 0.02))]));
  expect(await residual(10, 0.5)).toEqual(new Set([Math.round(255 * (0.5 - 10 * 0.01))]));
  expect(await residual(64)).toEqual(new Set([0])); // clipped
});

test('scores rise from noisy to filtered, with the numbers of a plain reading', async () => {
  const view = await viewing(await bytes());
  const { noisy, denoised, blur, median } = await view.score(partOf(view, { added }), context);
  expect(noisy.psnr).toBeCloseTo(-20 * Math.log10(0.08), 0);
  for (const better of [denoised, blur, median]) {
    expect(better.psnr).toBeGreaterThan(noisy.psnr + 4);
    expect(better.ssim).toBeGreaterThan(noisy.ssim);
  }
  const shown = await samplesOf(await view.pixels({ choices: { noiseFactor: 'auto', added } }));
  const error = shown.reduce((sum, value, i) => sum + (value - samples[i]!) ** 2, 0) / shown.length;
  expect(denoised.psnr).toBeCloseTo(10 * Math.log10(255 ** 2 / error), 6);
});

test('without added noise there is nothing to score', async () => {
  const view = await viewing(await bytes());
  await expect(view.score(partOf(view, {}), context)).rejects.toMatchObject({ code: 'argument-invalid' });
});

test('a view can be judged and scored in a corner of one pixel', async () => {
  const view = await viewing(await bytes());
  const region = { x: width - 1, y: height - 1, width: 1, height: 1 };
  const verdict = await view.judge(partOf(view, { added }, region), context);
  expect(verdict).toMatchObject({ noiseFactor: 0.08 });
  expect(verdict.removed).toBeGreaterThan(0.05);
  expect(Number.isFinite((await view.score(partOf(view, { added }, region), context)).noisy.ssim)).toBe(true);
});
