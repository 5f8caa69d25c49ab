import { open } from 'node:fs/promises';
import { systemCode } from './write-error.ts';

/** Where folders cannot be opened or flushed (Windows, some network drives) there is nothing to flush. */
const unsupported = new Set(['EISDIR', 'EPERM', 'EINVAL', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Makes the names in a folder durable: after a power cut they are as they are now. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!unsupported.has(systemCode(error) ?? '')) throw error;
  }
}
