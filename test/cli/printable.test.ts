import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLine, printable } from '../../cli/printable.ts';

const escape = String.fromCharCode(0x1b);

test.each([
  ['a line feed and a tab', 'a\nb\tc', String.raw`a\nb\tc`],
  ['a code that clears the screen', `${escape}[2J`, String.raw`\x1b[2J`],
  ['the one-byte form of it', `${String.fromCharCode(0x9b)}2J`, String.raw`\x9b2J`],
  [
    'a text turned right to left',
    `photo${String.fromCharCode(0x202e)}gpj.exe`,
    String.raw`photo\u{202e}gpj.exe`,
  ],
  ['an invisible mark', `a${String.fromCharCode(0x200b)}b`, String.raw`a\u{200b}b`],
  ['half a character', String.fromCharCode(0xd83d), String.raw`\u{d83d}`],
])('%s is written out', (_, text, expected) => {
  expect(printable(text)).toBe(expected);
});

test.each(['plain.png', 'Ärger & Öl – “quoted”.tif', 'naïve 画像.png', '👩‍🔬 family 👨‍👩‍👧.jpg', 'नमस्ते', "it's"])(
  'the name %s stays as it is',
  (name) => {
    expect(printable(name)).toBe(name);
  },
);

test('S5: nothing that reaches a terminal can act on it, whatever the name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(printable(name)).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});

test('a line of JSON reads back as the same value and holds no control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const line = jsonLine({ name });
      expect(JSON.parse(line)).toEqual({ name });
      expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
