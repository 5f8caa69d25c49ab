import FileImage from '@lucide/svelte/icons/file-image';
import Film from '@lucide/svelte/icons/film';
import Microscope from '@lucide/svelte/icons/microscope';
import Moon from '@lucide/svelte/icons/moon';
import Sparkles from '@lucide/svelte/icons/sparkles';
import type { RecipeName } from '../../../../contract/recipes.ts';

export const recipeIcons: Readonly<Record<RecipeName, typeof Moon>> = {
  'night-camera': Moon,
  'film-scans': Film,
  microscope: Microscope,
  'old-jpegs': FileImage,
  'improve-built-in': Sparkles,
};
