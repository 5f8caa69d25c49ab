/** What a sentence of the catalogue is filled in with. */
export type Details = Readonly<Record<string, string | number>>;

/** Puts `details.file` where the sentence says `{file}`. A missing detail leaves a visible gap mark. */
export function fillIn(sentence: string, details: Details): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? '…'));
}
