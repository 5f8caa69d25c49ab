import { appTexts, type AppText } from '../contract/texts/app-en.ts';
import { fillIn, type Details } from '../contract/texts/fill-in.ts';

/** A sentence of the application's own catalogue. */
export const say = (text: AppText, details: Details = {}): string => fillIn(appTexts[text], details);
