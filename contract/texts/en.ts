/**
 * The English catalogue. `{name}` is filled in. Each error says what happened, to which file, why where it is
 * known, and what to do about it.
 */
export const errorTexts = {
  'argument-invalid': '{parameter}: expected {expected}, got {received}.',
  'path-not-found': 'Nothing is found at “{path}”. Check the spelling, or whether the disk is connected.',
  'path-unreadable': '“{path}” could not be read: {reason}. Check the disk, or move it to another place.',
  'permission-denied':
    '“{path}” may not be opened by this user. Change its permissions, or choose another place.',
  'not-a-regular-file':
    '“{file}” is {kind}, not a picture file, and was not opened. Choose a picture file in its place.',
  'name-unreadable':
    'A file in “{folder}” has a name that is not valid text ({name}). Rename it, then add it again.',
  'outside-folder':
    '“{file}” is a link that leads out of the chosen folder and was not followed. Add its target itself.',
  'folder-loop':
    '“{path}” leads back to a folder that was already looked at, and was not entered again. Nothing is missing by that.',
  'no-pictures':
    'No picture was found in {paths}. Choose a place with PNG, JPEG, TIFF, WebP, AVIF or GIF files.',
  'image-empty':
    '“{file}” is empty or holds only the beginning of a picture. Restore it from a backup or the camera.',
  'image-damaged':
    '“{file}” is damaged: {reason}. Restore it from a backup, or clean it with --salvage to keep what can still be read.',
  'image-beyond-salvage':
    '“{file}” is damaged beyond what --salvage can keep: {reason}. Restore it from a backup or the camera.',
  'image-too-large': '“{file}” is too large: {reason}. Make a smaller copy of it, or cut it into parts.',
  'format-unsupported':
    '“{file}” is {kind}, which cannot be read. Export it as a 16-bit TIFF, then add that.',
  'not-a-picture':
    '“{file}” is not a picture ({kind}). Leave it out, or restore it from a backup if it was one.',
  'image-layout-unsupported':
    '“{file}” has {layout}, which cannot be read. Convert it to 8- or 16-bit RGB or grey.',
  'image-not-finite':
    '“{file}” holds {count} values that are not numbers (NaN or infinite). Replace them in the program that wrote it.',
  'input-unreadable': '“{file}” could not be read: {reason}. Check the disk or the connection to it.',
  'input-changed': '“{file}” changed while it was being read. Run again once it is complete.',
  'output-is-input':
    'The result for “{file}” would be written over a source picture. Choose another place or name.',
  'output-exists': '“{file}” already exists and is kept. Choose another name, or ask for it to be replaced.',
  'output-folder-unusable': 'Nothing can be written to “{folder}”: {reason}. Choose another folder.',
  'output-unwritable':
    '“{file}” could not be written: {reason}. Check its disk, or choose another place or format.',
  'output-not-verified': '“{file}” did not read back as it was written, so it was not kept. Check the disk.',
  'disk-full': 'The disk that holds “{path}” is full. Free some space, then continue with --resume.',
  'out-of-memory':
    'There is not enough memory for “{file}”: {reason}. Close other programs, or make a smaller copy of it.',
  'pair-incomplete':
    '“{file}” has no clean partner of the same name in “{folder}”, and was left out. Add its partner to learn from it.',
  'pair-mismatched':
    '“{file}” is {noisy}, but its clean partner is {clean}. Both must show the same scene in the same size.',
  'model-not-found': 'There is no model “{model}”. Check its name: the models here are {known}.',
  'model-exists': 'There is a model “{model}” already. Choose another name, or remove that one first.',
  'model-protected':
    '“{model}” ships with the app: it is here already, and cannot be removed or replaced. Choose another name for your own.',
  'model-invalid':
    'The model “{model}” was refused: {reason}. Get it anew from whoever made it, or use another.',
  'model-unsuitable': 'The model “{model}” cannot be used here: {reason}. Choose another model.',
  'backend-unavailable': 'The {backend} backend is not available: {reason}. Choose another one.',
  'backend-disagrees':
    'The {backend} backend was refused: its answer differs from the reference by {difference} (at most {limit} is allowed). Choose another one.',
  'training-unavailable':
    'Training needs native TensorFlow, or WebAssembly in its place: {reason}. “npm run setup” says what is missing and how to get it; cleaning works without it.',
  'training-folder-unusable':
    'Training cannot start with “{folder}”: {reason}. Add pictures to it, or choose another folder.',
  'checkpoints-unusable': 'The training in “{folder}” cannot be gone on with: {reason}. Start it anew.',
  'training-diverged':
    'Training stopped at step {step}: the loss is no longer a number. Try a lower learning rate (now {learningRate}) or look for broken pictures.',
  'view-not-found': 'This picture is no longer open for looking. Open it again.',
  'training-running':
    'A training is at work already, here or in another window or terminal. Wait for it, or stop it there.',
  'training-not-found': 'This training is not there any more. Choose another, or start a new one.',
  'checkpoint-not-found': 'What was learnt at step {step} is not kept any more. Choose another checkpoint.',
  'training-interrupted':
    'Training ended early because its engine stopped ({reason}). Go on with it from its last checkpoint (--resume); if that happens again, lower the batch size or close other programs.',
  'engine-crashed':
    'The engine stopped while it worked on “{file}” ({reason}). The picture was tried twice. Save it anew with another program, or leave it out.',
  'engine-unresponsive':
    'The engine did not answer for {seconds} s while it worked on “{file}”, and was restarted. Try this picture by itself, or make a smaller copy of it.',
  'engine-unavailable':
    'The engine cannot be started: {reason}. Start the app again; if that does not help, install it anew.',
  'app-unreachable':
    'The app does not answer ({reason}). If it has ended, start it again and open the address that it tells: nothing that was finished is lost.',
  'no-unfinished-training':
    'There is no unfinished training with these arguments. Start it without --resume.',
  'job-not-found': 'There is no unfinished job with these arguments. Start it without --resume.',
  'job-busy': 'Another run (process {pid}) is working on this job. Wait for it, or stop it.',
  'report-invalid':
    '“{file}” cannot be run again: {reason}. Name the report.json of an earlier run, or what --report wrote.',
  'settings-invalid':
    'The settings in “{file}” could not be read ({reason}). They were set aside and defaults are used. Check the settings before the next batch.',
  'settings-busy':
    'The settings could not be changed: another program (process {pid}) holds them. Try again in a moment.',
  'nothing-to-clean': 'There is nothing to clean. Add pictures, or choose some that are there.',
  'batch-running': 'A batch is at work. Wait for it, or stop it.',
  'batch-not-found': 'This batch is not there any more. Choose another one.',
  'row-not-found': 'This picture is not in the queue any more. Add it again.',
  'output-not-found':
    '“{file}” is not there any more: it was moved, renamed or removed. Clean the picture again to have it.',
  'results-not-found':
    'None of the results of this batch are there any more: they were moved, renamed or removed. Clean the pictures again to have them.',
  'place-not-found': 'This place is not known. Choose it again.',
  'request-invalid':
    'The app did not understand its window ({reason}). Nothing was done. Try again, or open the window anew.',
  cancelled: 'Stopped.',
  internal:
    'Something unexpected went wrong: {reason}. Please report it, with what is in “logs” in the home folder that “unspeckle doctor” shows.',
} as const;

/** What a picture's result has to say beside “done”. */
export const noticeTexts = {
  'already-clean': 'already clean: copied unchanged',
  'strength-zero': 'strength 0: copied unchanged',
  'exif-shortened': 'parts of EXIF that are too large for {format} were left out',
  'xmp-lost': 'XMP could not be kept in {format}',
  'iptc-lost': 'IPTC could not be kept in {format}',
  'icc-lost': 'the colour profile could not be kept in {format}',
  'xmp-extended-lost': 'the extended part of XMP could not be kept in {format}',
  'text-lost': 'text notes of the file could not be kept in {format}',
  'signature-lost': 'content credentials sign the picture as it was, and were left out',
  'density-lost': 'the pixel density could not be kept in {format}',
  'alpha-lost': 'transparency could not be kept in {format}',
  'alpha-lossy': 'transparency is kept only nearly in {format}',
  'metadata-broken': 'broken metadata was left out: {reason}',
  'depth-reduced': 'written with {written} bits instead of {source}',
  'depth-raised': 'written with {written} bits instead of {source}',
  'format-changed': '{source} cannot be written: saved as {written}',
  'extension-corrected': 'the file is {format} whatever its name says: saved as .{extension}',
  'colour-converted': '{source} colour was converted to {written}',
  'palette-expanded': 'palette colours were expanded',
  'first-frame-only': 'only the first of {frames} frames was cleaned',
  'pages-lost': 'only the first of {pages} pages could be kept in {format}',
  'pages-not-kept': '{count} smaller preview pages were left out',
  'appended-left-out':
    '{bytes} bytes that stand behind the picture (a film of a phone, an archive) were left out',
  'extra-as-alpha': 'its further channel is taken for transparency, and kept as it is',
  'tags-lost': '{count} tags of the TIFF have no place in {format} and were left out',
  'layers-left-out': 'its layers were left out: the result is flat',
  'values-not-finite': '{count} values that are not numbers were set to 0',
  'range-mapped':
    'values from {low} to {high} were spread over the whole range for cleaning and brought back',
  'range-stretched': 'values from {low} to {high} were stretched over all {bits} bits',
  'damaged-salvaged': 'the file is damaged: the result may be incomplete',
  'output-renamed': '“{wanted}” exists: saved as “{name}”',
  'noise-factor-clamped': 'noise factor {wanted} is above what the model knows: {used} was used',
  'recycled-smaller-tiles': 'memory ran short: done in smaller tiles',
  'engine-restarted': 'the engine was restarted once for this picture',
  'times-not-kept': 'file times could not be kept',
  'unlike-noise':
    'noise factor {noiseFactor}, and the model learnt from {low} to {high}: look at the result before you trust it',
  'unlike-size':
    'its shorter side of {side} pixels is far from those the model learnt from ({low} to {high}): details have another scale',
  'unlike-grey': 'a grey picture, and the model learnt from colour ones only',
  'unlike-colour': 'a colour picture, and the model learnt from grey ones only',
  'unlike-depth': '{bits} bits, and the model learnt from pictures of {trained} bits',
  'unlike-error':
    'more was taken out of it than of the pictures the model learnt from ({error}, usually up to {most}): see what was removed',
  'own-output': 'made by Unspeckle, and not cleaned again',
  'output-kept': '“{output}” was there already and is kept',
} as const;

export type NoticeCode = keyof typeof noticeTexts;
