import { mostParameters, mostTopologyBytes } from '../../contract/layers-model.ts';

/** What a model folder may hold, and how large each part may be, before anything of it is looked at. */
export const partLimits: Readonly<Record<string, number>> = {
  'model.json': mostTopologyBytes,
  'weights.bin': 4 * mostParameters,
  'card.json': 2 ** 20,
};

/** A picture before and after, for those who look through models. */
const pictures = [
  'before.jpg',
  'after.jpg',
  'before-after.jpg',
  'before.png',
  'after.png',
  'before-after.png',
];
const pictureLimit = 8 * 2 ** 20;

/** The largest number of bytes a part may have; null for a file that is no part of a model. */
export function limitOf(name: string): number | null {
  return partLimits[name] ?? (pictures.includes(name) ? pictureLimit : null);
}

export const requiredParts = ['model.json', 'weights.bin'] as const;

/** Entries that an archive or folder may have in all; a model has six at most. */
export const mostEntries = 1000;
