import { dirname } from 'node:path';
import { AppError } from '../contract/errors.ts';
import { phrase } from '../contract/texts/fill-in.ts';

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
        { folder, reason: phrase('reason-may-not-write') },
        options,
      );
    case 'ENOENT':
      return new AppError('output-folder-unusable', { folder, reason: phrase('reason-not-there') }, options);
    case 'ENOTDIR':
      return new AppError(
        'output-folder-unusable',
        { folder, reason: phrase('reason-not-a-folder') },
        options,
      );
    case 'EROFS':
      return new AppError('output-folder-unusable', { folder, reason: phrase('reason-read-only') }, options);
    case 'EISDIR':
    case 'EEXIST':
    case 'ENOTEMPTY':
      return new AppError('output-unwritable', { file, reason: phrase('reason-folder-has-name') }, options);
    case 'EFBIG':
      return new AppError('output-unwritable', { file, reason: phrase('reason-large-for-disk') }, options);
    case 'ENAMETOOLONG':
      return new AppError('output-unwritable', { file, reason: phrase('reason-path-too-long') }, options);
    case 'EIO':
      return new AppError('output-unwritable', { file, reason: phrase('reason-disk-error') }, options);
    default:
      return new AppError('output-unwritable', { file, reason: phrase('reason-system', { code }) }, options);
  }
}
