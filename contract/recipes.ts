/** What a person may want of a training, in their own words; each sets every choice. Texts name them. */
export const recipeNames = [
  'night-camera',
  'film-scans',
  'microscope',
  'old-jpegs',
  'improve-built-in',
] as const;
export type RecipeName = (typeof recipeNames)[number];
