/**
 * The English sentences of the application itself: what kind of thing a path is, what the readable report says,
 * what `doctor` advises. `{name}` is filled in.
 */
export const appTexts = {
  // Kinds of things that are not opened.
  'kind-folder': 'a folder',
  'kind-pipe': 'a pipe',
  'kind-socket': 'a socket',
  'kind-device': 'a device',
  'kind-hidden-folder': 'a hidden folder',
  'kind-app-folder': 'the folder of this app',
  'kind-companion': 'the companion that macOS keeps of another file',
  'kind-dead-link': 'a link to nothing',
  'kind-endless-link': 'a link that leads back to itself',
  'kind-unknown': 'something else',

  // Why something could not be read or used.
  'reason-path-too-long': 'its path is longer than this system allows',
  'reason-disk-error': 'the disk reports an error',
  'reason-system': 'the system says {code}',

  // How an engine process ended.
  'end-exit': 'it ended with exit code {code}',
  'end-signal': 'it was ended by {signal}',
  'end-memory': 'it was ended by {signal}; memory ran out',
  'end-abort': 'it gave up, most often because memory ran out',
  'end-spawn': 'it could not be started: {reason}',
  'end-silent': 'it gave no sign of life for {seconds} s',
  'end-stopped': 'it was stopped',
  'end-starting': '{end} while it was starting (its log is {log})',
  'engine-not-built': 'there is no “{file}”; build it with “npm run build”',
  'engine-gave-up': 'it stopped {count} times in a row, last because {end} (its log is {log})',

  // Arguments.
  'expect-tokens': 'a name made of text and the tokens {tokens}',
  'expect-backend': 'one of {names}',
  'expect-preset': 'a preset that is there',
  'expect-model-name': 'a name with at least one letter or digit, other than “default”',

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

  // Models.
  'model-part-missing': 'it has no {file}',
  'model-part-odd': 'its {file} is not a regular file',
  'model-part-large': 'its {file} has {bytes} bytes; at most {limit} are allowed',
  'model-part-twice': 'it holds {file} twice',
  'model-part-outside': 'its {file} leads out of its folder',
  'model-archive-broken': 'the archive cannot be read ({reason})',
  'model-archive-damaged': 'its {file} was damaged on the way',
  'model-weights-differ': 'its weights are not those its card speaks of',
  'model-archive-many': 'the archive holds {count} files; at most {limit} are allowed',
  'model-card-broken': 'its card.json cannot be used ({reason})',
  'model-check-silent': 'checking it took longer than {seconds} s',
  'model-check-crashed': 'the program that checked it stopped ({reason})',
  'no-models': 'none yet: train one with “unspeckle train”, or bring one in with “unspeckle models import”',

  // What the doctor advises.
  'advice-backend': '{description}',
  'advice-no-models':
    'There is no model. Train one with “unspeckle train”, or bring one in with “unspeckle models import”.',
  'advice-broken-model':
    'The model in “{folder}” cannot be used ({reason}). Remove the folder, or import it again.',
  'advice-memory':
    'This machine has {gigabytes} GB of memory; pictures over {megapixels} megapixels will be slow.',
  'advice-unfinished': '{count} batches were not finished. The same command with --resume continues one.',
  'advice-home': 'Nothing can be written to “{home}”. Set UNSPECKLE_HOME to a folder of your own.',
} as const;

export type AppText = keyof typeof appTexts;
