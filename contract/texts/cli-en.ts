/**
 * The English sentences of the command line, beside those of errors and notices. `{name}` is filled in; what is
 * filled in is escaped first, so a file name cannot move the cursor.
 */
export const cliTexts = {
  // One picture of a batch.
  'picture-done': '{source} → {output}  noise factor {factor} (σ {sigma}), {seconds}, {speed}',
  'picture-notices': '  [{notices}]',
  'picture-failed': 'failed: {message}',
  'picture-skipped': 'skipped: {source}: {reason}',
  'engine-restarted': 'The engine was restarted ({reason}); the work goes on.',

  // Why an input is not tried.
  'skip-output-kept': 'its result exists already and is kept ({output})',
  'skip-own-output': 'it was made by Unspeckle',
  'skip-duplicate': 'it is the same file as another input ({original})',
  'skip-already-done': 'it was done by an earlier run',

  // The plan of a batch.
  'plan-picture': '{source} → {output}',
  'plan-extension': 'The extension follows what a file holds, so it can differ from the one shown here.',
  'plan-summary': '{pictures} to clean, {skipped} skipped. Nothing was written.',
  'plan-summary-failed': '{pictures} to clean, {failed} cannot be, {skipped} skipped. Nothing was written.',

  // The end of a batch.
  'batch-counts': 'cleaned {done}, failed {failed}, skipped {skipped}',
  'batch-unchanged': ' ({unchanged} of the cleaned copied unchanged)',
  'batch-pending': ', not started {pending}',
  'batch-speed': ' in {seconds}, {speed}',
  'batch-files': 'Files:  {place}',
  'batch-beside': 'beside their sources',
  'batch-report': 'Report: {file}',
  'batch-report-readable': 'Report: {file} (for reading: report.txt beside it)',
  'batch-again': 'The same again: unspeckle run {file}',
  'batch-ended':
    'Ended before all pictures were tried: {message} The same command with --resume does the rest.',
  'batch-nothing-left': 'Nothing was left to do: all of it was done before.',
  'batch-stopped': 'Stopped. What is done is kept; the same command with --resume does the rest.',
  'skipped-count': 'skipped {count}: {reason}',
  'skipped-own-outputs': 'made by Unspeckle, not cleaned again',
  'skipped-kept': 'their results exist already and are kept',
  'skipped-duplicates': 'the same file as another input',
  'skipped-already-done': 'done by an earlier run',

  // The progress bar.
  'bar-pictures': '[{bar}] {done}/{total}  {left}  {name}',
  'bar-one-picture': '[{bar}] {percent} %  {left}',
  'bar-training': '[{bar}] {step}/{steps}  {left}  loss {loss}  PSNR {psnr}  {speed} steps/s',
  'bar-training-start': '[{bar}] looking at the pictures',
  'time-left': '{time} left',
  'time-unknown': '…',

  // One picture through a pipe.
  'standard-input': 'standard input',
  'standard-output': 'standard output',
  'piped-done': 'noise factor {factor} (σ {sigma}), {seconds}, {speed}',

  // Training.
  'training-step': 'step {step}/{steps}  loss {loss}  {speed} steps/s  {left}',
  'training-validated':
    'step {step}/{steps}  loss {loss}  PSNR {psnr} dB (noisy {noisyPsnr} dB){best}  {speed} steps/s  {left}',
  'training-best': ' best so far',
  'training-begun': 'Pictures to learn from: {training}, to judge by: {validation}.',
  'training-lines': 'To beat: {noisyPsnr} dB, the noisy pictures as they are; {blurPsnr} dB, blurred.',
  'training-lines-blind':
    'Judged at hidden pixels, which are noisy themselves. To beat: {noisyPsnr} dB by a neighbour; {blurPsnr} dB, blurred.',
  'training-lines-start':
    'To beat: {startPsnr} dB, the model it starts from; {noisyPsnr} dB, the noisy pictures as they are; {blurPsnr} dB, blurred.',
  'training-ended-early': 'Ended early: {message}',
  'training-last':
    'The last weights (step {step}) are in {folder}; “unspeckle models import” makes them a model of their own.',
  'training-paused': 'Paused at step {step}. The same command with --resume goes on.',
  'training-snapshot-failed':
    'The checkpoint of step {step} could not be kept to look at: {reason} Training goes on.',

  // A folder of training pictures.
  'check-begins': 'Looking at the pictures …',
  'check-summary':
    'Pictures: {pictures}, files: {files}, looked at: {looked}. To learn from: {training}, to judge by: {validation}.',
  'check-pairs':
    'Pairs: {pictures}, files: {files}, looked at: {looked}. To learn from: {training}, to judge by: {validation}.',
  'check-sides': 'Shorter sides: {smallest} to {largest} pixels, most about {median}.',
  'check-kinds':
    'Bits a sample: {depths}. Grey: {grey}, colour: {colour}. Noise factor: {factor} (σ {sigma}), the median.',
  'check-depth': '{bits} ({count})',
  'check-stop': 'stop: {message}',
  'check-warn': 'mind: {message}',
  'check-note': 'note: {message}',
  'check-file': '    {file}',
  'check-as-noisy': '    --only-noisy trains on them as noisy ones.',
  'check-more': '    … and {count} more',
  'check-pair': '    {noisy} ↔ {clean}',
  'check-pairs-shown': 'Matched, the first {count}:',
  'check-suggestion': 'More would match with --pairs "{noisy},{clean}".',
  'check-are-pairs': 'They look like pairs. To train on them as such: --pairs "{noisy},{clean}"',
  'check-good': 'Nothing speaks against training on them.',
  'training-done':
    'The model “{model}” is ready after {steps} steps and {seconds}, trained on {pictures} pictures.',
  'training-stopped':
    'Stopped after {steps} steps and {seconds}. The best so far is kept as the model “{model}”, trained on {pictures} pictures. The same command with --resume goes on.',
  'training-quality': 'Validation: {noisyPsnr} dB noisy, {psnr} dB cleaned (PSNR, higher is better).',
  'training-quality-blind':
    'Validation at hidden pixels, which are noisy themselves: {noisyPsnr} dB by a neighbour, {psnr} dB by the network (PSNR, higher is better).',
  'training-quality-blind-start':
    'Validation at hidden pixels, which are noisy themselves: {noisyPsnr} dB by a neighbour, {startPsnr} dB by the model it started from, {psnr} dB by the network (PSNR, higher is better).',
  'training-quality-start':
    'Validation: {noisyPsnr} dB noisy, {startPsnr} dB by the model it started from, {psnr} dB cleaned (PSNR, higher is better).',
  'training-gain': '{gain} dB better than the model it started from.',
  'training-no-gain': 'It is no better than the model it started from; keep using that.',
  'training-below-blur':
    'A plain blur does better ({blur} dB). Train longer, or from a bundled model, which needs less time.',
  'training-below-blur-start': 'A plain blur does better ({blur} dB). Train longer.',
  'training-worse':
    'It does not improve on the noisy pictures yet. Train longer, with --from {model} to go on from here.',
  'training-folder': 'Model: {folder}',
  'training-use': 'Use it: unspeckle clean PICTURES --model {model}',
  'training-checkpoint-failed': 'No checkpoint could be written at step {step}: {reason} Training goes on.',
  'training-resumed': 'Going on from step {step}.',
  'training-not-native': 'What keeps native TensorFlow away: {reason}',
  'training-left-out': 'left out: {file}',
  'training-stopping': 'Stopping: the best so far is being kept. Once more stops at once.',

  // Noise estimates.
  'estimate-begins': 'Measuring the pictures …',
  'estimate-line': '{file}  noise factor {factor} (σ {sigma}){clean}',
  'estimate-clean': ', clean already',
  'estimate-summary':
    '{pictures} measured, {failed} failed; mean noise factor {factor} (σ {sigma}). Method: {method}',
  'estimate-none': '0 measured, {failed} failed.',

  // Evaluation.
  'evaluate-begins': 'Cleaning and comparing the pictures …',
  'evaluate-line': '{file}  noise factor {factor}  PSNR {noisyPsnr} → {psnr} dB  SSIM {noisySsim} → {ssim}',
  'evaluate-needs-source': 'a folder of clean pictures, or both --noisy and --clean',
  'evaluate-needs-both': 'a folder, because --noisy and --clean go together',
  'evaluate-summary':
    'mean of {pictures}: PSNR {noisyPsnr} → {psnr} dB, SSIM {noisySsim} → {ssim}  ({model}, {backend}, {seconds})',

  // Models.
  'model-exported': '“{model}” was written to {file} ({size}).',
  'model-imported':
    'The model “{model}” was checked and added. Use it: unspeckle clean PICTURES --model {model}',
  'model-no-better':
    'On the noisy test picture it took no noise away. Look at its results before you trust it.',
  'model-removed': '“{model}” was moved to {place}. Move the folder back to have it again.',
  'model-none': 'There are no models yet. Train one with “unspeckle train”, or import one.',
  'model-default': 'default',
  'model-bundled': 'ships with the app',
  'model-own': 'your own',
  'never-measured': 'not measured',
  'nothing-before': 'nothing',

  // Speed.
  'bench-all-threads': 'all',
  'bench-begins': 'Measuring: large pictures can take some minutes …',
  'bench-note':
    'network: on a tensor in memory · whole: from JPEG file to JPEG file · MP/s: megapixels per second',

  // This machine.
  'doctor-settings': 'backend {backend}, {threads}, {memory}',
  'doctor-all-threads': 'all threads',
  'doctor-some-threads': '{threads} threads',
  'doctor-free-memory': 'memory by what is free',
  'doctor-some-memory': 'at most {memory} of memory',
  'doctor-begins': 'Looking at this machine …',
  'doctor-good': 'Everything that is needed was found.',
  'doctor-available': 'yes',
  'doctor-missing': 'no',
  'doctor-advice': 'To do: {advice}',

  // The demonstration.
  'demo-intro': 'Cleaning {pictures} sample pictures …',
  'demo-model': 'Model: {model} on {backend}',
  'demo-files': 'Cleaned pictures: {place}',
  'demo-sheet': 'Before and after:  {file}',
  'demo-notices': '{file}: {notices}',

  // Stopping and errors.
  stopping: 'Stopping: finishing cleanly. Once more stops at once.',
  'error-line': 'unspeckle: {message}',
  'hint-file-with-dash': 'If it is the name of a file, write -- before the names.',
  'hint-overwrite': 'With --overwrite it is replaced.',
  'help-hint': '“unspeckle {command} --help” explains the options.',
  'help-hint-general': '“unspeckle --help” lists the commands.',

  // What was expected of an argument.
  'expect-number': 'a number from {low} to {high}',
  'expect-number-above': 'a number above 0',
  'expect-whole': 'a whole number from {low} to {high}',
  'expect-choice': '{choices}',
  'expect-noise-factor':
    'auto, or a number from 0 to 1: the standard deviation of the noise where black is 0 and white is 1 (σ 25 is 0.1)',
  'expect-given-noise-factor':
    'a number from 0 to 1: the standard deviation of the noise where black is 0 and white is 1 (σ 25 is 0.1)',
  'expect-template':
    'a file name without extension, up to 200 characters, made of text and {tokens}, without slashes',
  'expect-text': 'some text',
  'expect-short-text': 'a name of 1 to 100 characters',
  'expect-path': 'a path',
  'expect-folder': 'a folder for the results (a name for files is given with --name)',
  'expect-size': 'WIDTHxHEIGHT in pixels, from 1x1 to 30000x30000, such as 6000x4000',
  'expect-absent-with': 'to be left out where {other} is given',
  'expect-network-of': '{network}, the network of the model “{model}” it starts from',
  'expect-pair-patterns': 'two patterns such as noisy/*,clean/* or *_noisy,*_clean',
  'expect-at-most': 'to be given at most {most} times',
  'expect-one-of-two': 'one of {first} and {second}, not both',
  'expect-one-pipe': '- alone, for one picture',
  'expect-piped-picture': 'a picture on standard input, such as: unspeckle clean - < noisy.png > cleaned.png',
  'expect-piped-output': 'standard output to lead to a file or a program, or --out FOLDER',
  'expect-new-picture': 'a picture that is still to be cleaned',
  'expect-report-place': 'a file in a folder that exists',
  'received-nothing': 'nothing',
  'received-terminal': 'a terminal',
  'received-both': 'both',
  'received-text': '“{text}”',
} as const;

export type CliText = keyof typeof cliTexts;
