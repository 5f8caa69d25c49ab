import { calling, type Said } from '../contract/errors.ts';
import type { SurveyFinding, TrainingSurvey } from '../contract/train.ts';
import { shown } from './places.ts';
import { say, sayFinding, sayWords } from './say.ts';
import type { Session } from './session.ts';

/**
 * What may be wrong with the pictures of a training, with what to do about it, line by line.
 * @param named so many files a finding; --json names all that were found
 */
export function tellFindings(
  { host, palette }: Session,
  findings: readonly SurveyFinding[],
  named: number,
  write: (line: string) => void,
): void {
  for (const finding of findings) {
    const message = say(`check-${finding.weight}`, { message: sayFinding(finding) });
    write(finding.weight === 'stop' ? palette.alarm(message) : message);
    for (const { file, reason } of finding.files.slice(0, named)) {
      write(say('check-file', { file: fileText(file, reason, host.cwd) }));
    }
    const more = finding.files.length - named;
    if (more > 0) write(say('check-more', { count: more }));
    if (finding.code === 'clean-is-noisy') write(say('check-as-noisy'));
  }
}

/** That another way of pairing matches more, or that pictures look like pairs at all. */
export const suggestion = (pairs: TrainingSurvey['pairs']): 'check-suggestion' | 'check-are-pairs' =>
  pairs.length > 0 ? 'check-suggestion' : 'check-are-pairs';

/** The same for scripts. */
export function writeFindings({ output }: Session, findings: readonly SurveyFinding[]): void {
  for (const finding of findings) {
    const { code, weight, files, details } = finding;
    const count = Number(details['count'] ?? files.length);
    output.json({ type: 'finding', code, weight, count, message: sayFinding(finding) });
    for (const { file, reason } of files)
      output.json({ type: 'finding-file', code, source: file, message: sayWords(reason) });
  }
}

/** A picture and what is particular about it, once: many reasons name the file. */
export function fileText(file: string, reason: Said, cwd: string): string {
  const name = shown(file, cwd);
  const text = sayWords(calling(reason, file, name));
  return text.includes(name) ? text : `${name}: ${text}`;
}
