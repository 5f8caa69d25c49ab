import { AppError } from '../../contract/errors.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import { systemCode } from '../../storage/write-error.ts';

/** What a failed look at a path means to a person. */
export function readError(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = systemCode(thrown);
  const options = { cause: thrown };
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError('path-not-found', { path }, options);
    case 'EACCES':
    case 'EPERM':
      return new AppError('permission-denied', { path }, options);
    case 'ENAMETOOLONG':
      return new AppError('path-unreadable', { path, reason: phrase('reason-path-too-long') }, options);
    case 'EIO':
      return new AppError('path-unreadable', { path, reason: phrase('reason-disk-error') }, options);
    case 'ELOOP':
      return new AppError('not-a-regular-file', { file: path, kind: phrase('kind-endless-link') }, options);
    case null:
      throw thrown;
    default:
      return new AppError('path-unreadable', { path, reason: phrase('reason-system', { code }) }, options);
  }
}
