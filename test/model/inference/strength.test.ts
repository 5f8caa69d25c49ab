import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Samples } from '../../../model/image.ts';
import { blendRun, targetOf, type Strength } from '../../../model/inference/strength.ts';

function blend(noisy: Samples, answer: readonly number[], channels: 1 | 3, strength: Strength): Samples {
  const denoised = noisy.slice();
  denoised.fill(7);
  const run = { noisyAt: 0, answerAt: 0, length: noisy.length };
  blendRun(noisy, Float32Array.from(answer), targetOf(denoised), run, channels, strength);
  return denoised;
}

const full = { strength: 1, colourStrength: 1 };
const byte = fc.integer({ min: 0, max: 255 });
const unit = fc.double({ min: 0, max: 1, noNaN: true });

test.each([
  { name: '8 bit', noisy: Uint8Array.of(0, 1, 128, 254, 255, 77) },
  { name: '16 bit', noisy: Uint16Array.of(0, 1, 300, 40_000, 65_535, 777) },
  { name: 'float', noisy: Float32Array.of(0, -0, -0.25, 1e-30, 0.1, 1.5) },
])('strength 0 returns every $name sample bit for bit', ({ noisy }) => {
  const answer = [0.9, 0.1, 0.5, 0.2, 0.7, 0.3];
  for (const channels of [1, 3] as const) {
    expect(blend(noisy, answer, channels, { strength: 0, colourStrength: 0 })).toEqual(noisy);
  }
});

test('full strength is the answer, rounded to the nearest level and clipped', () => {
  const noisy = Uint8Array.of(10, 10, 10, 10);
  expect(blend(noisy, [0.5, -0.2, 1.2, 100.4 / 255], 1, full)).toEqual(Uint8Array.of(128, 0, 255, 100));
});

test('floats are neither rounded nor clipped', () => {
  const answer = [1.25, -0.5, 0.123];
  expect(blend(Float32Array.of(0.5, 0.5, 0.5), answer, 3, full)).toEqual(Float32Array.from(answer));
});

test('half the strength goes half the way', () => {
  expect(blend(Uint8Array.of(0), [200 / 255], 1, { strength: 0.5, colourStrength: 0 })).toEqual(
    Uint8Array.of(100),
  );
});

test('without colour strength a colour picture changes alike in all channels, by the brightness', () => {
  const noisy = Float32Array.of(0.5, 0.4, 0.3);
  const change = [0.1, -0.05, 0.02];
  const answer = change.map((by, i) => noisy[i]! + by);
  const brightness = 0.299 * change[0]! + 0.587 * change[1]! + 0.114 * change[2]!;
  const denoised = blend(noisy, answer, 3, { strength: 1, colourStrength: 0 });
  for (let i = 0; i < 3; i++) expect(denoised[i]! - noisy[i]!).toBeCloseTo(brightness, 6);
});

test('with colour strength alone brightness stays', () => {
  const noisy = Float32Array.of(0.5, 0.4, 0.3);
  const [red, green, blue] = blend(noisy, [0.6, 0.35, 0.32], 3, { strength: 0, colourStrength: 1 });
  expect(0.299 * red! + 0.587 * green! + 0.114 * blue!).toBeCloseTo(0.299 * 0.5 + 0.587 * 0.4 + 0.114 * 0.3);
  expect(red).not.toBeCloseTo(0.5);
});

test('more strength never moves a sample back', () => {
  fc.assert(
    fc.property(fc.tuple(byte, byte, byte), fc.tuple(unit, unit, unit), unit, unit, (noisy, answer, a, b) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)];
      const at = (strength: number) =>
        blend(Uint8Array.from(noisy), answer, 3, { strength, colourStrength: strength });
      noisy.forEach((sample, i) => {
        const towards = Math.sign(answer[i]! * 255 - sample);
        expect((at(more)[i]! - at(less)[i]!) * towards).toBeGreaterThanOrEqual(0);
      });
    }),
    { numRuns: 100 },
  );
});
