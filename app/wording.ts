import { appTexts, type AppText } from '../contract/texts/app-en.ts';
import { fillIn, type Fillings } from '../contract/texts/fill-in.ts';

/** A sentence of the application's own catalogue. */
export const say = (text: AppText, details: Fillings = {}): string => fillIn(appTexts[text], details);
