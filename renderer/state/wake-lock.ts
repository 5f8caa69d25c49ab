interface Lock {
  readonly released: boolean;
  release(): Promise<void>;
}

/** What is used of a browser's `navigator`; where the interface is missing, nothing is kept awake. */
interface Waker {
  readonly wakeLock?: { request(type: 'screen'): Promise<Lock> };
}

/** What is used of a `document`. */
interface Page {
  readonly visibilityState: string;
  addEventListener(type: 'visibilitychange', heard: () => void): void;
  removeEventListener(type: 'visibilitychange', heard: () => void): void;
}

/**
 * Keeps the machine's screen, and with it the machine, awake from a page (Screen Wake Lock API). A browser takes the
 * lock away while the page is hidden and refuses it to save power: then there is none, and nothing is said.
 * @returns what lets it sleep again
 */
export function stayAwake({ wakeLock }: Waker, page: Page): () => void {
  let over = false;
  let lock: Promise<Lock | null> = Promise.resolve(null);
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
