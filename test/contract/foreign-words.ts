/** Names that are the same in every language. */
const names = [
  'ITU-T T.81 process 14',
  'TIFF photometric interpretation',
  'JPEG XL',
  'JPEG 2000',
  'Radiance HDR',
  'ONNX Runtime',
  'npm run build',
  'npm run setup',
  'old-style JPEG',
];

/** Two Latin words or more, one after the other. */
const run = /[A-Za-z][A-Za-z'’-]+(?:[ ,]+[A-Za-z][A-Za-z'’-]+)+/g;

/** Runs of Latin words in a Chinese sentence, apart from what it quotes and from names. */
export function foreignWords(sentence: string): string[] {
  const own = sentence.replace(/“[^”]*”（原文）|“[^”]*”/g, '“”');
  const plain = names.reduce((text, name) => text.replaceAll(name, ''), own);
  return plain.match(run) ?? [];
}
