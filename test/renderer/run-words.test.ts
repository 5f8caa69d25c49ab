import { expect, test } from 'vitest';
import { idleTraining } from '../../contract/training-view.ts';
import { blurText, gainText, isBetter, withKept } from '../../renderer/screens/train/run/run-words.ts';
import { noCurve } from '../../renderer/state/training-curve.ts';
import type { Words } from '../../renderer/state/words.svelte.ts';

/** Says which text would be said. */
const words = { say: (key: string) => key, number: String } as unknown as Words;
const quality = (psnr: number) => ({ psnr, ssim: null });
const told = (psnr: number) => ({
  ...idleTraining,
  best: { ...quality(psnr), step: 25, loss: null, best: true },
});

test.each([
  ['worse than a plain blur', 16, 'result-below-blur', false],
  ['better than both', 19, null, true],
  ['better than a blur, and no better than the noisy pictures', 18.9, null, false],
])('a model that is %s is told so, and put forward only where it is of use', (_, psnr, said, better) => {
  const curve = { ...noCurve, noisy: quality(psnr === 18.9 ? 18.95 : 15), blur: quality(18.8) };
  expect(blurText('result', told(psnr), curve, words)).toBe(said);
  expect(isBetter(told(psnr), curve)).toBe(better);
});

test('while nothing is known of a blur, nothing is said of it', () => {
  expect(blurText('verdict', told(16), noCurve, words)).toBeNull();
  expect(isBetter(idleTraining, noCurve)).toBe(true);
});

test('what is said is said of the checkpoint that was chosen, not of the best', () => {
  const at = (step: number, psnr: number) => ({ ...quality(psnr), step, loss: null, best: true });
  const curve = { ...noCurve, noisy: quality(15), blur: null, validations: [at(0, 15), at(25, 19)] };
  const state = { ...told(19), kept: 0 };
  expect(gainText('result', withKept(state, curve), curve, words)).toBe('result-no-gain-noisy');
  expect(isBetter(withKept(state, curve), curve)).toBe(false);
  expect(gainText('result', withKept({ ...state, kept: null }, curve), curve, words)).toBe(
    'result-gain-noisy',
  );
  // One that was not judged is praised for nothing.
  expect(gainText('result', withKept({ ...state, kept: 7 }, curve), curve, words)).toBeNull();
});
