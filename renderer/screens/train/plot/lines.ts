import type { TrainingCurve } from '../../../../contract/training-view.ts';
import type { Words } from '../../../state/words.svelte.ts';
import type { Line } from './plot-options.ts';

interface Lines {
  readonly steps: readonly number[];
  readonly lines: readonly Line[];
}

/**
 * The network's line with those to beat, which go from edge to edge.
 * @param view.noisy what the noisy pictures are called
 * @param view.closeUp the plot reaches only as far as the network goes, and the model it started from
 */
export function qualityLines(
  { validations, noisy, blur, start }: TrainingCurve,
  measure: 'psnr' | 'ssim',
  { until, noisy: noisyLabel, closeUp }: { until: number; noisy: string; closeUp: boolean },
  words: Words,
): Lines {
  const last = validations.at(-1)?.step ?? 0;
  const first = (validations[0]?.step ?? 1) > 0 ? [0] : [];
  const end = until > last ? [until] : [];
  const steps = [...first, ...validations.map(({ step }) => step), ...end];
  const own = [
    ...first.map(() => null),
    ...validations.map((validation) => validation[measure]),
    ...end.map(() => null),
  ];
  const level = (label: string, value: number | null | undefined, colour: Line['colour'], inView = true) =>
    value == null
      ? []
      : [{ label, values: steps.map(() => value), colour, dash: true, gaps: true, inView } satisfies Line];
  return {
    steps,
    lines: [
      {
        label: words.say('plot-network'),
        values: own,
        colour: '--accent',
        dash: false,
        gaps: true,
        inView: true,
      },
      ...level(words.say('plot-start'), start?.[measure], '--ink'),
      ...level(words.say('plot-blur'), blur?.[measure], '--warn', !closeUp),
      ...level(noisyLabel, noisy?.[measure], '--ink-soft', !closeUp),
    ],
  };
}

export function lossLines({ losses }: TrainingCurve, words: Words): Lines {
  const values = losses.map(({ loss }) => loss);
  return {
    steps: losses.map(({ step }) => step),
    lines: [
      {
        label: words.say('plot-loss-line'),
        values,
        colour: '--accent',
        dash: false,
        gaps: true,
        inView: true,
      },
    ],
  };
}
