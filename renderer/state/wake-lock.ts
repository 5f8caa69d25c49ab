/**
 * Keeps the machine's screen, and with it the machine, awake from a page (Screen Wake Lock API). A browser takes the
 * lock away while the page is hidden and refuses it to save power: then there is none, and nothing is said.
 * @returns what lets it sleep again
 */
export function stayAwake(
  { wakeLock }: Partial<Pick<Navigator, 'wakeLock'>> = navigator,
  page: Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'> = document,
): () => void {
  let over = false;
  let lock: Promise<WakeLockSentinel | null> = Promise.resolve(null);
  const take = () => {
    if (over || !wakeLock || page.visibilityState !== 'visible') return;
    lock = lock.then(async (held) => {
      if (over || (held && !held.released)) return held;
      return wakeLock.request('screen').catch(() => null);
    });
  };
  take();
  page.addEventListener('visibilitychange', take);
  return () => {
    over = true;
    page.removeEventListener('visibilitychange', take);
    void lock.then((held) => held?.release());
  };
}
