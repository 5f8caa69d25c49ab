import type { Details } from '../../../../contract/texts/fill-in.ts';
import type { SurveyFinding } from '../../../../contract/train.ts';
import type { WindowSurvey } from '../../../../contract/training-view.ts';
import type { Words } from '../../../state/words.svelte.ts';

/** “312 pictures · 281 to learn from, 31 to check with · shorter side 1,200–4,000 px · 8 bit · colour”. */
export function surveyFacts(survey: WindowSurvey, words: Words): string {
  const { pictures, looked, training, validation, sides, depths, grey, colour, noiseFactor, pairs } = survey;
  const counted = pairs.length > 0 ? 'survey-pairs' : 'pictures-count';
  return [
    words.count(counted, pictures),
    words.say('survey-counts', { training: words.number(training), validation: words.number(validation) }),
    looked < pictures ? words.say('survey-looked', { count: words.number(looked) }) : '',
    sides ? sidesText(sides, words) : '',
    Object.keys(depths)
      .map((bits) => words.say('bits', { bits }))
      .join(', '),
    grey > 0 && colour > 0
      ? words.say('survey-both')
      : grey + colour > 0
        ? words.say(grey > 0 ? 'survey-grey' : 'survey-colour')
        : '',
    noiseFactor === null ? '' : words.say('survey-noise', { factor: words.number(noiseFactor, 3) }),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function sidesText({ smallest, largest }: NonNullable<WindowSurvey['sides']>, words: Words): string {
  const [from, to] = [words.number(smallest), words.number(largest)];
  return smallest === largest
    ? words.say('survey-side', { smallest: from })
    : words.say('survey-sides', { smallest: from, largest: to });
}

/** What was found, and what to do about it. */
export function findingText({ code, details }: SurveyFinding, words: Words): string {
  const written = Object.entries(details).map(([name, value]) => {
    if (typeof value !== 'number') return [name, value];
    return [name, words.number(value, name === 'noiseFactor' ? 3 : 0)];
  });
  return words.say(`finding-${code}`, Object.fromEntries(written) as Details);
}
