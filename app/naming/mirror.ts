import { basename, dirname, join, relative, sep } from 'node:path';
import { fitName } from '../../storage/file-names.ts';
import { safeName, sameFileKey } from './safe-name.ts';

/**
 * The folder for each result. Without an output folder: that of the source. With one: the tree of a folder that
 * was named is mirrored in it, under the folder's own name when there are several; files named by themselves
 * lie directly in it.
 */
export function mirrorFolders(
  out: string | null,
  roots: readonly string[],
): (source: string, root: string | null) => string {
  if (out === null) return (source) => dirname(source);
  const labels = roots.length > 1 ? distinctLabels(roots) : new Map<string, string>();
  return (source, root) => {
    if (root === null) return out;
    const inside = relative(root, dirname(source)).split(sep).filter(Boolean);
    return join(out, labels.get(root) ?? '', ...inside.map(safeFolderName));
  };
}

const safeFolderName = (name: string): string => fitName(safeName(name), '');

function distinctLabels(roots: readonly string[]): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    roots.map((root) => {
      const name = safeFolderName(basename(root));
      let label = name;
      for (let n = 2; taken.has(sameFileKey(label)); n++) label = fitName(name, ` (${n})`);
      taken.add(sameFileKey(label));
      return [root, label];
    }),
  );
}
