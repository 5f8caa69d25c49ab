import type { CleanedPicture } from '../contract/clean.ts';

/** Seconds that were spent on one picture, without those in which it waited for others in the same batch. */
export function secondsOn({ seconds }: CleanedPicture): number {
  const { decode, estimate, network, encode, write } = seconds;
  return decode + estimate + network + encode + write;
}
