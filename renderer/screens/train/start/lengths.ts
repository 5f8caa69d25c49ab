import type { TrainingChoices } from '../../../../contract/training-view.ts';
import type { Words } from '../../../state/words.svelte.ts';

type Length = TrainingChoices['length'];

const usualMinutes = [5, 10, 20, 30, 60, 120, 240, 480];

/** The usual lengths, and the present one where it is none of them. */
export function lengthOptions(now: Length): readonly Length[] {
  if ('steps' in now) return [now, ...usualMinutes.map((minutes) => ({ minutes }))];
  const minutes = [...new Set([...usualMinutes, now.minutes])].sort((a, b) => a - b);
  return minutes.map((count) => ({ minutes: count }));
}

export function lengthText(length: Length, words: Words): string {
  if ('steps' in length) return words.count('train-steps', length.steps);
  const hours = length.minutes / 60;
  return hours >= 1 && Number.isInteger(hours)
    ? words.count('train-hours', hours)
    : words.count('train-minutes', length.minutes);
}
