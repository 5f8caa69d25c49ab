/** Not allowed in names on some common file system: separators, what Windows forbids, control characters. */
const forbidden = /[<>:"/\\|?*\u0000-\u001f\u007f-\u009f]/g;

/** Devices of Windows, which takes such a name for the device whatever its extension. */
const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?=\.|$)/i;

/** A name, or the beginning of one, that every common file system takes; never empty. */
export function safeName(text: string): string {
  const wellFormed = Buffer.from(text).toString('utf8'); // lone surrogates become U+FFFD
  const name = wellFormed.replace(forbidden, '_').replace(/[. ]+$/, '');
  if (name === '') return '_';
  return device.test(name) ? `_${name}` : name;
}

/**
 * Two paths with the same key are one file on a disk that ignores case and the form of accents. What it takes
 * for equal may still differ elsewhere; never the other way round.
 */
export const sameFileKey = (path: string): string =>
  path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
