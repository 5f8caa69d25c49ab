type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** An object without what is undefined in it: between processes that is the same as absent, in a merge it is not. */
export function present<T extends object>(object: T): Present<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Present<T>;
}
