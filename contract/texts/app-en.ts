/** The English sentences of the readable report of a batch. `{name}` is filled in. */
export const appTexts = {
  // The readable report.
  'report-title': 'Unspeckle {version}: report of {jobId}',
  'report-time': '{started} to {finished}, {seconds} s',
  'report-counts': '{done} cleaned, {failed} failed, {skipped} skipped, {pending} not tried',
  'report-stopped': 'Stopped before the end. Continue with --resume.',
  'report-ended': 'Ended before all pictures were tried: {message}',
  'report-done': '{source} → {output} (noise factor {factor}, {seconds} s)',
  'report-notice': '    {notice}',
  'report-failed': '{message}',
  'report-skipped': '{source}: {reason}',
  'report-heading-done': 'Cleaned',
  'report-heading-failed': 'Failed',
  'report-heading-skipped': 'Skipped',
  'report-skip-output-kept': 'its result exists already and is kept',
  'report-skip-own-output': 'it was made by Unspeckle',
  'report-skip-duplicate': 'it is the same file as another input',
  'report-skip-already-done': 'it was done by an earlier run',
} as const;

export type AppText = keyof typeof appTexts;
