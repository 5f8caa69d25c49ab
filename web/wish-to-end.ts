/** Signals this close together are one wish: a terminal and npm both pass on a single Ctrl-C. */
const sameWishMs = 400;

/** Resolves at the first signal that asks to end; a second one ends the process without waiting for anything. */
export function wishToEnd(process: Pick<NodeJS.Process, 'on' | 'exit'>): Promise<void> {
  return new Promise((resolve) => {
    let first: number | null = null;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        first ??= performance.now();
        if (performance.now() - first > sameWishMs) process.exit(1);
        resolve();
      });
    }
  });
}
