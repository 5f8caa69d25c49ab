/** The scheme under which the window's page and its pictures are served. Nothing is ever loaded from anywhere else. */
export const scheme = 'unspeckle';
export const pageAddress = `${scheme}://app/`;

/** Whether an address belongs to the window's own page. */
export function isOwnAddress(address: string): boolean {
  try {
    const { protocol, host } = new URL(address);
    return protocol === `${scheme}:` && host === 'app';
  } catch {
    return false;
  }
}
