import type { Random } from '../../model/noise/random.ts';

/**
 * Keeps a share of the pictures for validation, chosen by seed and order alone. By picture, not by patch:
 * patches of one picture are too alike. With a share above 0 at least one is kept; a single picture is
 * never split from itself.
 */
export function splitPictures<T>(
  pictures: readonly T[],
  share: number,
  random: Random,
): { training: T[]; validation: T[] } {
  const wanted = share > 0 ? Math.max(1, Math.round(share * pictures.length)) : 0;
  const count = Math.min(wanted, pictures.length - 1);
  const numbers = random.shuffle(pictures.map((_, i) => i));
  const kept = new Set(numbers.slice(0, Math.max(0, count)));
  return {
    training: pictures.filter((_, i) => !kept.has(i)),
    validation: pictures.filter((_, i) => kept.has(i)),
  };
}
