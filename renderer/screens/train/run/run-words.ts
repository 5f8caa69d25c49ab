import { leastGain } from '../../../../contract/train.ts';
import { verdictText } from '../../../../contract/texts/training-en.ts';
import { isBlind, type TrainingCurve, type TrainingState } from '../../../../contract/training-view.ts';
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
 * nothing, than the noisy pictures; where there are no others, than a neighbour tells hidden pixels. Null while that is not
 * known.
 * @param of `verdict` while it runs, `result` at the end
 */
export function gainText(
  of: 'verdict' | 'result',
  { best, choices }: TrainingState,
  { start, noisy }: TrainingCurve,
  words: Words,
): string | null {
  const gain = gainOf(best, start ?? noisy);
  if (gain === null) return null;
  const over = start ? 'start' : isBlind(choices) ? 'blind' : 'noisy';
  if (gain < leastGain) return words.say(`${of}-no-gain-${over}`);
  return words.say(`${of}-gain-${over}`, { gain: words.number(gain, gain < 0.1 ? 2 : 1) });
}

/** Says that a plain blur does better than the best so far; null while it does not, or that is not known. */
export function blurText(
  of: 'verdict' | 'result',
  { best }: TrainingState,
  { blur }: TrainingCurve,
  words: Words,
): string | null {
  return (gainOf(best, blur) ?? 0) < 0 ? words.say(`${of}-below-blur`) : null;
}

/** With the checkpoint that a person chose in place of the best; null where that one was not judged. */
export function withKept(state: TrainingState, { validations }: TrainingCurve): TrainingState {
  if (state.kept === null) return state;
  return { ...state, best: validations.find(({ step }) => step === state.kept) ?? null };
}

/** Whether the best is worth to be used in place of what it has to beat; true while that is not known. */
export function isBetter({ best }: TrainingState, { start, noisy, blur }: TrainingCurve): boolean {
  const gain = gainOf(best, start ?? noisy) ?? leastGain;
  return gain >= leastGain && (gainOf(best, blur) ?? 0) >= 0;
}

/** Decibels. */
function gainOf(best: TrainingState['best'], line: TrainingCurve['noisy']): number | null {
  return best && line ? best.psnr - line.psnr : null;
}

/** How it is getting on, in one or two sentences. */
export function verdictWords(state: TrainingState, curve: TrainingCurve, words: Words): string {
  const { verdict } = state;
  const since = 'since' in verdict ? { since: words.number(verdict.since) } : {};
  const sentence = words.say(verdictText(verdict), since);
  const beside = [gainText('verdict', state, curve, words), blurText('verdict', state, curve, words)];
  return [sentence, ...beside].filter((part) => part !== null).join(' ');
}
