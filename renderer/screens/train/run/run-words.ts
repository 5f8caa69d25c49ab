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

/** How much better the best is than the noisy pictures, in dB; null while that is not known. */
export function gainOf(best: TrainingValidation | null, { noisy }: TrainingCurve): number | null {
  return best && noisy ? best.psnr - noisy.psnr : null;
}

/** How it is getting on, in one or two sentences. */
export function verdictText({ verdict, best }: TrainingState, curve: TrainingCurve, words: Words): string {
  const code = verdict.code === 'gone-wrong' ? verdict.why : verdict.code;
  const since = 'since' in verdict ? { since: words.number(verdict.since) } : {};
  const sentence = words.say(`verdict-${code}`, since);
  const gain = gainOf(best, curve);
  if (gain === null) return sentence;
  const more =
    gain > 0 ? words.say('verdict-gain', { gain: words.number(gain, 1) }) : words.say('verdict-no-gain');
  return `${sentence} ${more}`;
}
