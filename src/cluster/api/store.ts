import { compareTexts } from '../../engine/order.ts'
import type { Kind, Kinds, Metadata, Stored } from './object.ts'

type Any = Stored<unknown>

/** What a watcher is told: created (no before), changed, or deleted (no after). */
export interface Change<T> {
  before: T | undefined
  after: T | undefined
}

export type Watcher<T> = (change: Change<T>) => void

/** A second way to find objects of one kind: by keys that are worked out from each of them. */
export interface Index<T> {
  /** In the order of creation. */
  get(key: string): Iterable<T>
  count(key: string): number
}

/**
 * The API server's store: the truth, at this instant. Objects are never changed in place: a write replaces
 * them and tells the watchers at once. Who learns later (every real client does) adds the delay himself.
 */
export class Store {
  readonly #collections = new Map<string, Collection<Any>>()
  /** The version of the last write, as etcd's revision. */
  #revision = 0

  get<K extends Kind>(kind: K, namespace: string, name: string): Kinds[K] | undefined {
    return this.#collection(kind).get(namespace, name)
  }

  /** Sorted by namespace and name, as etcd's keys are. The array is shared until the next write: do not change it. */
  list<K extends Kind>(kind: K, namespace?: string): readonly Kinds[K][] {
    const all = this.#collection(kind).sorted()
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace)
  }

  count(kind: Kind): number {
    return this.#collection(kind).size
  }

  /** Creates or replaces, as a new version; returns what is stored. */
  put<T extends Any>(object: T): T {
    const stored = withVersion(object, ++this.#revision)
    this.#collection(object.kind).put(stored)
    return stored
  }

  /** As `put`, for an object from a dump: it keeps the version that it came with. */
  load<T extends Any>(object: T): T {
    const given = Number(object.metadata.resourceVersion)
    if (!(given > 0)) return this.put(object)
    this.#revision = Math.max(this.#revision, given)
    this.#collection(object.kind).put(object)
    return object
  }

  /** Removes it at once, without the grace a pod is given; false if it is not there. */
  delete(kind: string, namespace: string, name: string): boolean {
    const existed = this.#collection(kind).delete(namespace, name)
    if (existed) this.#revision++
    return existed
  }

  /** From now on; what exists already is not announced. */
  watch<K extends Kind>(kind: K, watcher: Watcher<Kinds[K]>): void {
    this.#collection(kind).watchers.push(watcher)
  }

  /** Covers what exists already. `keysOf` must depend on the object alone. */
  index<K extends Kind>(kind: K, keysOf: (object: Kinds[K]) => Iterable<string>): Index<Kinds[K]> {
    const index = new KeyIndex(keysOf)
    const collection = this.#collection(kind)
    for (const object of collection.sorted()) index.apply(undefined, object)
    collection.indexes.push(index)
    return index
  }

  #collection<K extends Kind>(kind: K): Collection<Kinds[K]>
  #collection(kind: string): Collection<Any>
  #collection(kind: string): Collection<Any> {
    let collection = this.#collections.get(kind)
    if (collection === undefined) this.#collections.set(kind, (collection = new Collection()))
    return collection
  }
}

class Collection<T extends Any> {
  readonly watchers: Watcher<T>[] = []
  readonly indexes: KeyIndex<T>[] = []
  readonly #objects = new Map<string, T>()
  #sorted: T[] | undefined

  get size(): number {
    return this.#objects.size
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(`${namespace}/${name}`)
  }

  sorted(): readonly T[] {
    return (this.#sorted ??= [...this.#objects.values()].sort(byKey))
  }

  put(object: T): void {
    const key = keyOf(object)
    const before = this.#objects.get(key)
    this.#objects.set(key, object)
    this.#announce(before, object)
  }

  delete(namespace: string, name: string): boolean {
    const before = this.get(namespace, name)
    if (before === undefined) return false
    this.#objects.delete(keyOf(before))
    this.#announce(before, undefined)
    return true
  }

  #announce(before: T | undefined, after: T | undefined): void {
    this.#sorted = undefined
    for (const index of this.indexes) index.apply(before, after)
    for (const watcher of this.watchers) watcher({ before, after })
  }
}

class KeyIndex<T extends Any> implements Index<T> {
  readonly #keysOf: (object: T) => Iterable<string>
  readonly #buckets = new Map<string, Map<string, T>>()

  constructor(keysOf: (object: T) => Iterable<string>) {
    this.#keysOf = keysOf
  }

  get(key: string): Iterable<T> {
    return this.#buckets.get(key)?.values() ?? []
  }

  count(key: string): number {
    return this.#buckets.get(key)?.size ?? 0
  }

  apply(before: T | undefined, after: T | undefined): void {
    const stale = new Set(before === undefined ? [] : this.#keysOf(before))
    if (after !== undefined) {
      for (const key of this.#keysOf(after)) {
        stale.delete(key)
        this.#bucket(key).set(keyOf(after), after)
      }
    }
    if (before === undefined) return
    for (const key of stale) {
      const bucket = this.#bucket(key)
      bucket.delete(keyOf(before))
      if (bucket.size === 0) this.#buckets.delete(key)
    }
  }

  #bucket(key: string): Map<string, T> {
    let bucket = this.#buckets.get(key)
    if (bucket === undefined) this.#buckets.set(key, (bucket = new Map()))
    return bucket
  }
}

export function keyOf(object: { metadata: Pick<Metadata, 'namespace' | 'name'> }): string {
  return `${object.metadata.namespace}/${object.metadata.name}`
}

function byKey(a: Any, b: Any): number {
  return compareTexts(a.metadata.namespace, b.metadata.namespace) || compareTexts(a.metadata.name, b.metadata.name)
}

function withVersion<T extends Any>(object: T, revision: number): T {
  return { ...object, metadata: { uid: uidOf(revision), ...object.metadata, resourceVersion: String(revision) } }
}

/** Real uids are random; all that is asked of one is that no other object ever has it. */
function uidOf(revision: number): string {
  return `00000000-0000-4000-8000-${revision.toString(16).padStart(12, '0')}`
}
