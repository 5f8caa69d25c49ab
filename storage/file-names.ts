/** What every common file system allows for one name, in bytes of UTF-8. */
export const longestName = 255;

/** The longest beginning of `text` that is at most `bytes` bytes of UTF-8 and cuts no character in two. */
export function shortenToBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text, 'utf8');
  if (encoded.length <= bytes) return text;
  let end = Math.max(0, bytes);
  // Bytes 10xxxxxx continue a character: step back to where one begins.
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.toString('utf8', 0, end);
}

/** `stem` + `ending` within the length limit; the stem gives way, the ending (` (2).png`) stays. */
export function fitName(stem: string, ending: string): string {
  return shortenToBytes(stem, longestName - Buffer.byteLength(ending)) + ending;
}

/** The n-th name to try: `photo.png`, then `photo (2).png`, `photo (3).png`, … */
export function numberedName(stem: string, extension: string, n: number): string {
  const ending = extension === '' ? '' : `.${extension}`;
  return fitName(stem, n < 2 ? ending : ` (${n})${ending}`);
}
