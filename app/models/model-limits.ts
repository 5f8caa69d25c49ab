import { mostParameters, mostTopologyBytes } from '../../contract/layers-model.ts';

/** A picture before and after, for those who look through models. */
const pictures = [
  'before.jpg',
  'after.jpg',
  'before-after.jpg',
  'before.png',
  'after.png',
  'before-after.png',
];
const pictureBytes = 8 * 2 ** 20;

/**
 * What a model folder may hold, and how large each part may be, before anything of it is looked at. A map, because an
 * object also has what it inherits: a file called `constructor` would be a part, and of any size.
 */
const partBytes: ReadonlyMap<string, number> = new Map([
  ['model.json', mostTopologyBytes],
  ['weights.bin', 4 * mostParameters],
  ['card.json', 2 ** 20],
  ...pictures.map((name): [string, number] => [name, pictureBytes]),
]);

/** The largest number of bytes a part may have; null for a file that is no part of a model. */
export const limitOf = (name: string): number | null => partBytes.get(name) ?? null;

export const requiredParts = ['model.json', 'weights.bin'] as const;

/** Entries that an archive or folder may have in all; a model has nine at most. */
export const mostEntries = 1000;

/** Bytes of an archive: all parts at their largest, and some more for what is none. */
export const mostArchiveBytes = 2 ** 27;
