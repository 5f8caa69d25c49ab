/** The note in an archive of results that says what is missing in it. */
const english = {
  name: 'left-out.txt',
  missing:
    'These results are not in this archive: they were moved, renamed or removed, or could not be read. Clean their pictures again to have them.',
  cut: 'These are in it only in part: they could not be read to their end. Download them again.',
};

const texts = {
  en: english,
  'zh-Hans': {
    name: '未包含的结果.txt',
    missing:
      '以下结果不在此压缩包中：它们被移动、重命名或删除了，或者无法读取。如需结果，请重新清理这些图片。',
    cut: '以下结果只包含一部分：无法完整读取。请重新下载。',
  } satisfies typeof english,
};

export type NoteLanguage = keyof typeof texts;

export const isNoteLanguage = (text: string): text is NoteLanguage => Object.hasOwn(texts, text);

/** @param missing names of what is not in the archive @param cut of what is in it only in part */
export function leftOutNote(
  language: NoteLanguage,
  { missing, cut }: { readonly missing: readonly string[]; readonly cut: readonly string[] },
): { readonly name: string; readonly text: string } {
  const words = texts[language];
  const part = (sentence: string, names: readonly string[]) =>
    names.length === 0 ? [] : [[sentence, ...names].join('\n')];
  const text = [...part(words.missing, missing), ...part(words.cut, cut)].join('\n\n');
  return { name: words.name, text: `${text}\n` };
}
