import type { SkippedInput } from '../contract/clean.ts';
import type { CleanReport } from '../contract/jobs.ts';
import type { StopSignal } from './host.ts';

/** What the command line answers with. 128 + the signal's number when it was stopped. */
export const exitCodes = {
  allDone: 0,
  nothingDone: 1,
  someFailed: 3,
} as const;

const signalCodes: Readonly<Record<StopSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

export const stoppedCode = (signal: StopSignal): number => signalCodes[signal];

/** From counts: 0 when nothing failed, 1 when nothing succeeded, 3 in between. */
export function codeOfCounts(succeeded: number, failed: number): number {
  if (failed === 0) return exitCodes.allDone;
  return succeeded === 0 ? exitCodes.nothingDone : exitCodes.someFailed;
}

/** Not tried because nothing is left to do: the result is there. */
const settled: ReadonlySet<SkippedInput['code']> = new Set(['output-kept', 'already-done']);

/** Not tried because there is nothing to clean in it that is not cleaned elsewhere. */
const needless: ReadonlySet<SkippedInput['code']> = new Set(['own-output', 'duplicate']);

/** Passed over in a folder; named on the command line, the person asked for exactly that file. */
const passedOver: ReadonlySet<SkippedInput['code']> = new Set([
  'not-a-regular-file',
  'outside-folder',
  'folder-loop',
]);

/** True for an input that was asked for and could not be tried. */
export function isTrouble({ code, source }: SkippedInput, inputs: readonly string[]): boolean {
  if (settled.has(code) || needless.has(code)) return false;
  return !passedOver.has(code) || inputs.includes(source);
}

/** The exit code of a batch that ran to its end. */
export function codeOfReport({ done, failed, skipped, job, endedBy }: CleanReport): number {
  const troubles = skipped.filter((one) => isTrouble(one, job.inputs)).length + (endedBy ? 1 : 0);
  const there = skipped.filter(({ code }) => settled.has(code)).length;
  return codeOfCounts(done.length + there, failed.length + troubles);
}
