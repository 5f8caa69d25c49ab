import { expect, test } from 'vitest';
import type { QueueRow } from '../../contract/batch.ts';
import { stateWords } from '../../renderer/screens/clean/queue/state-words.ts';
import type { Words } from '../../renderer/state/words.svelte.ts';

const words = {
  say: (key: string, details?: { percent?: string }) => [key, details?.percent].filter(Boolean).join(' '),
  percent: (share: number) => `${100 * share} %`,
} as Words;

test('a picture says how far the network is, and from there on that it is being saved', () => {
  const working = (fraction: number) => stateWords({ state: 'working', fraction } as QueueRow, words);
  expect(working(0.5)).toBe('state-working-at 50 %');
  expect(working(1)).toBe('state-saving');
});
