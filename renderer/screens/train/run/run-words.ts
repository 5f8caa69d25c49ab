import { leastGain } from '../../../../contract/train.ts';
import { verdictText } from '../../../../contract/texts/training-en.ts';
import type { TrainingCurve, TrainingState, TrainingValidation } from '../../../../contract/training-view.ts';
import type { Words } from '../../../state/words.svelte.ts';

/** “Step 1,500 of 3,000 · 7.4 steps a second · 3 min 20 s so far”. */
export function runFacts(state: TrainingState, words: Words): string {
  const { step, steps, stepsPerSecond, secondsSoFar, phase } = state;
  if (phase === 'preparing') return '';
  const at = words.number(step);
  return [
    steps === null
      ? words.say('training-step', { step: at })
      : words.say('training-step-of', { step: at, steps: words.number(Math.max(step, steps)) }),
    stepsPerSecond === null || phase !== 'running'
      ? ''
      : words.say('training-speed', { speed: words.number(stepsPerSecond, stepsPerSecond < 10 ? 1 : 0) }),
    words.say('training-so-far', { time: words.duration(Math.round(secondsSoFar)) }),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/**
 * How much better the best is than what it has to beat, in words: than the model it started from or, where it began with
 * nothing, than the noisy pictures. Null while that is not known.
 * @param of `verdict` while it runs, `result` at the end
 */
export function gainText(
  of: 'verdict' | 'result',
  best: TrainingValidation | null,
  { start, noisy }: TrainingCurve,
  words: Words,
): string | null {
  const line = start ?? noisy;
  if (!best || !line) return null;
  const over = start ? 'start' : 'noisy';
  const gain = best.psnr - line.psnr;
  if (gain < leastGain) return words.say(`${of}-no-gain-${over}`);
  return words.say(`${of}-gain-${over}`, { gain: words.number(gain, gain < 0.1 ? 2 : 1) });
}

/** How it is getting on, in one or two sentences. */
export function verdictWords({ verdict, best }: TrainingState, curve: TrainingCurve, words: Words): string {
  const since = 'since' in verdict ? { since: words.number(verdict.since) } : {};
  const sentence = words.say(verdictText(verdict), since);
  return [sentence, gainText('verdict', best, curve, words)].filter((part) => part !== null).join(' ');
}
