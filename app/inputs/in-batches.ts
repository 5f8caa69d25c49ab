/** Files that are asked about at once. */
const together = 16;

/** The same work for each item, some at once; answers in their order. */
export async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += together) {
    results.push(...(await Promise.all(items.slice(at, at + together).map(work))));
  }
  return results;
}
