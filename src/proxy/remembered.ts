/** What is kept for that key; built if there is nothing yet. */
export function remembered<Key extends object, Value>(memory: WeakMap<Key, Value>, key: Key, build: () => Value): Value {
  let value = memory.get(key)
  if (value === undefined) memory.set(key, (value = build()))
  return value
}
