import type { Words } from '../../../state/words.svelte.ts';

/** What the recipe has instead, where the choice is another one. */
export function usualNote(value: number, usual: number, words: Words): string | undefined {
  return value === usual ? undefined : words.say('advanced-usual', { value: String(usual) });
}
