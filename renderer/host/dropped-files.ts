import type { DroppedFile } from '../../contract/window-host.ts';

/**
 * The files of a drop or paste. A host that takes folders gets them as they are; else they are walked through here,
 * because a page is never told where a file lies.
 */
export async function droppedFiles(data: DataTransfer, takesFolders: boolean): Promise<DroppedFile[]> {
  const files = [...data.files];
  if (takesFolders) return files.map((file) => ({ file, path: file.name }));
  // Entries are gone once the event is over: all are taken before the first wait.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return files.map((file) => ({ file, path: file.name }));
  const found: DroppedFile[] = [];
  for (const entry of entries) await walk(entry, found);
  // As people count: 2 before 10. The file system names them in any order.
  return found.sort((one, other) => one.path.localeCompare(other.path, undefined, { numeric: true }));
}

async function walk(entry: FileSystemEntry, found: DroppedFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File | null>((resolve) =>
      (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
    );
    if (file) found.push({ file, path: entry.fullPath.replace(/^\/+/, '') });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives a folder's entries in portions, and none when it is through.
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (portion.length === 0) return;
    for (const inner of portion) await walk(inner, found);
  }
}
