/** Compares names as people do: `img2` before `img10`. Names that look alike still have one order. */
export function naturalOrder(): (a: string, b: string) => number {
  const collator = new Intl.Collator('en', { numeric: true });
  return (a, b) => collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
