import { dirname } from 'node:path';
import { AppError } from '../contract/errors.ts';

/** The code of an error of the operating system, such as `ENOSPC`; null for anything else. */
export function systemCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown)) return null;
  return typeof thrown.code === 'string' ? thrown.code : null;
}

/**
 * What a failed write of `file` means to a person. Errors of our own pass unchanged; what no operating system
 * said is no fault of the disk and passes unchanged too.
 */
export function writeError(thrown: unknown, file: string): unknown {
  const code = systemCode(thrown);
  if (thrown instanceof AppError || code === null) return thrown;
  const options = { cause: thrown };
  const folder = dirname(file);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('disk-full', { path: folder }, options);
    case 'EACCES':
    case 'EPERM':
      return new AppError(
        'output-folder-unusable',
        { folder, reason: 'this user may not write there' },
        options,
      );
    case 'ENOENT':
      return new AppError('output-folder-unusable', { folder, reason: 'it is not there' }, options);
    case 'ENOTDIR':
      return new AppError('output-folder-unusable', { folder, reason: 'it is not a folder' }, options);
    case 'EROFS':
      return new AppError('output-folder-unusable', { folder, reason: 'its disk is read-only' }, options);
    case 'EISDIR':
    case 'EEXIST':
    case 'ENOTEMPTY':
      return new AppError('output-unwritable', { file, reason: 'a folder has this name' }, options);
    case 'EFBIG':
      return new AppError('output-unwritable', { file, reason: 'it is too large for this disk' }, options);
    case 'ENAMETOOLONG':
      return new AppError('output-unwritable', { file, reason: 'its path is too long' }, options);
    case 'EIO':
      return new AppError('output-unwritable', { file, reason: 'the disk reports an error' }, options);
    default:
      return new AppError('output-unwritable', { file, reason: code }, options);
  }
}
