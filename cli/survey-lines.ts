import type { SurveyFinding } from '../contract/train.ts';
import { shown } from './places.ts';
import { say, sayFinding } from './say.ts';
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
      write(say('check-file', { file: shown(file, host.cwd), reason }));
    }
    const more = finding.files.length - named;
    if (more > 0) write(say('check-more', { count: more }));
  }
}

/** The same for scripts. */
export function writeFindings({ output }: Session, findings: readonly SurveyFinding[]): void {
  for (const finding of findings) {
    const { code, weight, files, details } = finding;
    const count = Number(details['count'] ?? files.length);
    output.json({ type: 'finding', code, weight, count, message: sayFinding(finding) });
    for (const { file, reason } of files)
      output.json({ type: 'finding-file', code, source: file, message: reason });
  }
}
