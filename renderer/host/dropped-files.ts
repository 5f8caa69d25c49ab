import type { DroppedFile } from '../../contract/window-host.ts';

/** Files that are handed over together: of a large folder the first are seen while the last are still looked for. */
const together = 64;

/**
 * The files of a drop or paste, some at a time. A host that takes folders gets them as they are; else they are walked
 * through here, because a page is never told where a file lies.
 */
export async function* droppedFiles(
  data: DataTransfer,
  takesFolders: boolean,
): AsyncGenerator<readonly DroppedFile[], void, undefined> {
  const files = [...data.files];
  // Entries are gone once the event is over: all are taken before the first wait.
  const entries = takesFolders ? [] : [...data.items].map((item) => item.webkitGetAsEntry());
  const present = entries.filter((entry) => entry !== null);
  if (present.length === 0) yield files.map((file) => ({ file, path: file.name }));
  else yield* filesOf(present);
}

/** As people count: 2 before 10. The file system names files in any order. */
const order = new Intl.Collator(undefined, { numeric: true });

async function* filesOf(
  entries: readonly FileSystemEntry[],
): AsyncGenerator<readonly DroppedFile[], void, undefined> {
  const sorted = [...entries].sort((one, other) => order.compare(one.name, other.name));
  let run: FileSystemFileEntry[] = [];
  for (const entry of sorted) {
    if (entry.isFile) run.push(entry as FileSystemFileEntry);
    if (run.length === together || !entry.isFile) {
      yield await opened(run);
      run = [];
    }
    if (entry.isDirectory) yield* filesOf(await inside(entry as FileSystemDirectoryEntry));
  }
  yield await opened(run);
}

/** What can no longer be opened is left out. */
async function opened(entries: readonly FileSystemFileEntry[]): Promise<DroppedFile[]> {
  const files = await Promise.all(
    entries.map(
      (entry) =>
        new Promise<DroppedFile | null>((resolve) =>
          entry.file(
            (file) => resolve({ file, path: entry.fullPath.replace(/^\/+/, '') }),
            () => resolve(null),
          ),
        ),
    ),
  );
  return files.filter((file) => file !== null);
}

/** A reader gives a folder's entries in portions, and none when it is through. */
async function inside(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (portion.length === 0) return found;
    found.push(...portion);
  }
}
