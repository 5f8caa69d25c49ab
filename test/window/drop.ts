import type { Page } from 'playwright';

/** Drops files and folders onto the window as the system does, by the DevTools drag command. */
export async function dropOnWindow(page: Page, paths: readonly string[]): Promise<void> {
  const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: innerHeight }));
  const [x, y] = [Math.round(width / 2), Math.round(height / 2)];
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x, y, data });
  }
  await session.detach();
}
