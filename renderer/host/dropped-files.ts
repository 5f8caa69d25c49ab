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
  const sorted = await inOrder(entries);
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

/** So many entries are sorted in some 20 milliseconds. */
const sortedAtOnce = 1024;

/** Sorted some at a time, with pauses: comparing ten thousand names would hold the window up. */
async function inOrder(entries: readonly FileSystemEntry[]): Promise<readonly FileSystemEntry[]> {
  let runs: (readonly FileSystemEntry[])[] = [];
  for (let at = 0; at < entries.length; at += sortedAtOnce) {
    if (at > 0) await pause();
    runs.push(entries.slice(at, at + sortedAtOnce).sort(compared));
  }
  while (runs.length > 1) {
    await pause();
    const pairs = Array.from({ length: Math.ceil(runs.length / 2) }, (_, at) => 2 * at);
    runs = pairs.map((at) => merged(runs[at] ?? [], runs[at + 1] ?? []));
  }
  return runs[0] ?? [];
}

const pause = () => new Promise((resolve) => setTimeout(resolve));

const compared = (one: FileSystemEntry, other: FileSystemEntry) => order.compare(one.name, other.name);

/** Two sorted runs as one. */
function merged(one: readonly FileSystemEntry[], other: readonly FileSystemEntry[]): FileSystemEntry[] {
  let taken = 0;
  const both = one.flatMap((entry) => {
    const before = taken;
    while (taken < other.length && compared(other[taken]!, entry) < 0) taken++;
    return [...other.slice(before, taken), entry];
  });
  return [...both, ...other.slice(taken)];
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
