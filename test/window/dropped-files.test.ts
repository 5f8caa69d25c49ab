import { expect, test } from 'vitest';
import { droppedFiles } from '../../renderer/host/dropped-files.ts';

/** As a file system hands them over: a hundred at a time, in any order. */
const portion = 100;

const fileEntry = (fullPath: string) => ({
  isFile: true,
  isDirectory: false,
  name: fullPath.split('/').at(-1)!,
  fullPath,
  file: (take: (file: File) => void) => take(new File([], fullPath)),
});

function folderEntry(fullPath: string, inside: readonly { name: string }[]) {
  const createReader = () => {
    let at = 0;
    return {
      readEntries: (take: (entries: readonly unknown[]) => void) => take(inside.slice(at, (at += portion))),
    };
  };
  return { isFile: false, isDirectory: true, name: fullPath.split('/').at(-1)!, fullPath, createReader };
}

async function pathsOf(...entries: readonly object[]): Promise<string[]> {
  const items = entries.map((entry) => ({ webkitGetAsEntry: () => entry }));
  const paths: string[] = [];
  for await (const files of droppedFiles({ files: [], items } as unknown as DataTransfer, false)) {
    expect(files.length).toBeLessThanOrEqual(64);
    paths.push(...files.map(({ path }) => path));
  }
  return paths;
}

/** Every number below `count` once, far from its neighbours. */
const scattered = (count: number) => Array.from({ length: count }, (_, at) => (at * 7919) % count);

test.each([0, 1, 255, 256, 257, 2000])(
  'of %i files in a folder each comes once, 2 before 10',
  async (count) => {
    const files = scattered(count).map((at) => fileEntry(`/many/picture-${at}.png`));
    const expected = Array.from({ length: count }, (_, at) => `many/picture-${at}.png`);
    expect(await pathsOf(folderEntry('/many', files))).toEqual(expected);
  },
);

test('what lies in folders stands where the folder does, as people count', async () => {
  const inside = folderEntry('/all/9 inside', [
    fileEntry('/all/9 inside/b.png'),
    fileEntry('/all/9 inside/a.png'),
  ]);
  const all = folderEntry('/all', [
    fileEntry('/all/10.png'),
    inside,
    fileEntry('/all/é.png'),
    fileEntry('/all/f.png'),
  ]);
  const paths = ['0.png', 'all/9 inside/a.png', 'all/9 inside/b.png', 'all/10.png', 'all/é.png', 'all/f.png'];
  expect(await pathsOf(all, fileEntry('/0.png'))).toEqual(paths);
});
