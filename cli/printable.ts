/**
 * What can move the cursor, change the terminal's state, or show a name in another order than it is stored:
 * control characters, line separators, bidirectional controls, invisible marks, and halves of characters. The
 * joiners U+200C and U+200D stay: scripts and emoji need them, and they move nothing.
 */
const unsafe = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

const shortNames: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text as it may be shown on a terminal; anything unsafe is written out as an escape such as `\x1b`. */
export function printable(text: string): string {
  return text.replace(
    unsafe,
    (character) => shortNames[character] ?? escapeOf(character.codePointAt(0) ?? 0),
  );
}

function escapeOf(code: number): string {
  const digits = code.toString(16);
  return code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
}

/** One line of JSON in which nothing can act on a terminal either; it reads back as the same value. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    unsafe,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
