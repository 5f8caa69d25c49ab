import { expect, test } from 'vitest';
import type { Measurement } from '../../contract/model-card.ts';
import { scoreTable } from '../../renderer/screens/models/score-table.ts';

const measured = (set: string, noiseFactor: number, clipped: boolean, psnr: number): Measurement => ({
  ...{ set, noiseFactor, clipped, psnr, pictures: 1 },
  ...{ ssim: 0.9, noisyPsnr: 20, noisySsim: 0.4 },
});

test('a model’s measurements stand in a row for each set and a column for each noise factor', () => {
  const { factors, rows } = scoreTable([
    measured('CBSD68', 0.2, false, 28),
    measured('CBSD68', 0.1, false, 31),
    measured('CBSD68', 0.1, true, 30),
  ]);
  expect(factors).toEqual([0.1, 0.2]);
  expect(
    rows.map(({ set, clipped, cells }) => [set, clipped, ...cells.map((cell) => cell?.psnr ?? null)]),
  ).toEqual([
    ['CBSD68', false, 31, 28],
    ['CBSD68', true, 30, null],
  ]);
});
