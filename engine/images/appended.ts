import type { Notice } from '../../contract/notice.ts';

/**
 * What stands behind the end of a picture is not written again, and said: phones put the film of a moving photo there,
 * people archives. Zeros are padding of a disk or a camera.
 */
export function appendedLeftOut(bytes: Buffer, end: number): Notice[] {
  const rest = bytes.subarray(end);
  if (rest.every((byte) => byte === 0)) return [];
  return [{ code: 'appended-left-out', details: { bytes: rest.length } }];
}
