/** Values by key, no more than a fixed number of them: the one not used for longest goes first. */
export interface RecentlyUsed<Key, Value> {
  /** The value, if it is here; counts as a use. */
  readonly get: (key: Key) => Value | undefined;
  /** Puts a value. */
  readonly set: (key: Key, value: Value) => void;
  readonly entries: () => Iterable<readonly [Key, Value]>;
  readonly size: () => number;
  readonly clear: () => void;
}

/** An empty {@link RecentlyUsed} of `capacity` values; `displaced` is handed every value that has to go, before it does. */
export function recentlyUsed<Key, Value>(
  capacity: number,
  displaced: (key: Key, value: Value) => void = () => {},
): RecentlyUsed<Key, Value> {
  // A Map keeps the order in which keys were put: the first is the one not used for longest.
  const values = new Map<Key, Value>();
  const put = (key: Key, value: Value) => {
    values.delete(key);
    values.set(key, value);
  };
  return {
    get: (key) => {
      const value = values.get(key);
      if (value !== undefined) put(key, value);
      return value;
    },
    set: (key, value) => {
      put(key, value);
      if (values.size <= capacity) return;
      const [oldest, last] = values.entries().next().value!;
      displaced(oldest, last);
      values.delete(oldest);
    },
    entries: () => values.entries(),
    size: () => values.size,
    clear: () => values.clear(),
  };
}
