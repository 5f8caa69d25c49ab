import type { RecipeName } from '../recipes.ts';
import type { SurveyCode, TrainingVerdict } from '../train.ts';

/**
 * The English sentences about a training that window and command line share: what its recipes are for, what may be
 * wrong with its pictures and what to do about it, and how it is getting on. `{name}` is filled in.
 */
export const trainingTexts = {
  'recipe-night-camera': 'My camera at night',
  'recipe-night-camera-about':
    'Clean pictures from your camera, taken by day; the noise of its sensor at night is added. Goes on from the built-in model.',
  'recipe-film-scans': 'Film scans',
  'recipe-film-scans-about':
    'Clean pictures of what you scan; film grain is added, coarse and fine. Goes on from the built-in model.',
  'recipe-microscope': 'Microscope, no clean images',
  'recipe-microscope-about':
    'Noisy pictures alone, of any depth, also stacks. Their noise must be independent from pixel to pixel. Goes on from the built-in model for even noise.',
  'recipe-old-jpegs': 'Old JPEGs',
  'recipe-old-jpegs-about':
    'Clean pictures; a little noise is added, then they are compressed as hard as old files were. Goes on from the built-in model.',
  'recipe-improve-built-in': 'Improve the built-in model with my photos',
  'recipe-improve-built-in-about':
    'Clean photos, to which the noise it knows is added, or pairs of noisy and clean ones. The built-in model goes on learning, gently, so that it only gets better on pictures like yours.',

  'finding-nothing':
    'There is nothing to learn from: no picture, or pair of pictures, that can be used was found here. PNG, JPEG, TIFF, WebP, AVIF and GIF are read; export others, such as raw files and HEIC, as 16-bit TIFF first.',
  'finding-too-few':
    'Too few pictures: {count}. Fewer than about {wanted} are soon learnt by heart. Add more, or start from a model.',
  'finding-too-small':
    'Smaller than a patch of {side} × {side} pixels, and left out: {count}. Add larger ones, or choose a smaller patch.',
  'finding-too-flat':
    'Nothing but one tone, or nothing but noise: {count}. That teaches nothing: take them out, blank frames and lens-cap shots for instance.',
  'finding-narrow-range':
    'Only a small part of the range is used (up to {most} %), because a few pixels are far brighter or a colour profile fixes it: {count}. On the whole range the noise is so small that little can be learnt. Take such pixels out (“Remove outliers” in ImageJ), or stretch the pictures, all alike.',
  'finding-mixed-depths':
    'Pictures of {depths} bits are together. All are used; pictures like those you will clean teach most.',
  'finding-mixed-colour':
    'Grey and colour pictures are together ({grey} and {colour}). All are used; each is turned into what the network takes.',
  'finding-clean-is-noisy':
    'Noisy among the clean pictures: {count} (noise factor about {noiseFactor}). The network would learn to leave such noise. Choose cleaner ones, scale them down, or train on noisy pictures alone.',
  'finding-noisy-is-clean':
    'Noisy pictures without any noise that can be measured: {count}. There is nothing to learn from them. If they are clean, train on clean pictures with noise added.',
  'finding-near-duplicates':
    'Much like one that is kept to judge by: {count}. What was learnt by heart would be praised. Take copies and bursts out, or keep one of each.',
  'finding-unreadable': 'Cannot be read, and left out: {count}. Repair or convert them, or take them out.',
  'finding-pair-incomplete':
    'Without a partner, and left out: {count}. Check their names, or choose another way of pairing.',
  'finding-pair-mismatched':
    'Pairs that differ in size, and left out: {count}. Both pictures must show the same scene, pixel for pixel.',
  'finding-no-validation':
    'No picture is kept to judge by: nothing will tell whether it learns, and the last weights are the model.',

  'training-on-wasm':
    'Native TensorFlow is not here, so training runs on WebAssembly, about {times} times slower. “npm run setup” says how to get it.',

  'verdict-not-yet-known': 'It is too early to say how it is going.',
  'verdict-learning': 'It is learning.',
  'verdict-stopped-improving':
    'It has stopped improving since step {since}. It may be stopped; the best is kept.',
  'verdict-never-improved': 'It has not become better since it began. It may be stopped; the best is kept.',
  'verdict-diverged':
    'It has gone wrong since step {since}: what it had reached is lost again. Stop it, and try a lower learning rate; the best is kept.',
  'verdict-worse':
    'It has gone wrong: its answers are worse than the noisy pictures since step {since}, and do not come nearer. Stop it, and look at the pictures, or try a lower learning rate.',
} as const satisfies Record<
  | `recipe-${RecipeName}`
  | `recipe-${RecipeName}-about`
  | `finding-${SurveyCode}`
  | `verdict-${Exclude<TrainingVerdict['code'], 'gone-wrong'> | 'never-improved' | 'diverged' | 'worse'}`
  | 'training-on-wasm',
  string
>;

export type TrainingText = keyof typeof trainingTexts;

/** Which sentence says it; of one that has stopped improving and one that has gone wrong there are two kinds. */
export function verdictText(verdict: TrainingVerdict): TrainingText {
  if (verdict.code === 'gone-wrong') return `verdict-${verdict.why}`;
  if (verdict.code === 'stopped-improving' && verdict.since === 0) return 'verdict-never-improved';
  return `verdict-${verdict.code}`;
}
