/** What can stand in a hash table of buckets: it carries its own link, so that an entry costs no second object. */
export interface Bucketed<T> {
  readonly hash: number
  nextInBucket: T | null
}

/** A chained hash table that doubles when it is full. The newest of a bucket comes first, as in the kernel's hlists. */
export class Buckets<T extends Bucketed<T>> {
  size = 0
  #heads: (T | null)[] = new Array<T | null>(16).fill(null)
  /** A hash shifted right by this is its bucket. */
  #shift = 28

  /** The newest entry of the bucket in which the hash belongs; follow `nextInBucket`. */
  head(hash: number): T | null {
    return this.#heads[hash >>> this.#shift] ?? null
  }

  add(entry: T): void {
    if (this.size === this.#heads.length) this.#double()
    this.#link(entry)
    this.size++
  }

  remove(entry: T): void {
    const bucket = entry.hash >>> this.#shift
    this.size--
    if (this.#heads[bucket] === entry) {
      this.#heads[bucket] = entry.nextInBucket
      return
    }
    for (let at = this.#heads[bucket] ?? null; at !== null; at = at.nextInBucket) {
      if (at.nextInBucket === entry) {
        at.nextInBucket = entry.nextInBucket
        return
      }
    }
  }

  /** All entries, in no meaningful order; the table must not change meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    for (const head of this.#heads) {
      for (let at: T | null = head; at !== null; at = at.nextInBucket) yield at
    }
  }

  #double(): void {
    const old = this.#heads
    this.#heads = new Array<T | null>(old.length * 2).fill(null)
    this.#shift--
    for (const head of old) this.#relink(head)
  }

  /** The oldest goes in first, so that the newest stays in front. */
  #relink(head: T | null): void {
    const entries: T[] = []
    for (let at = head; at !== null; at = at.nextInBucket) entries.push(at)
    for (let i = entries.length - 1; i >= 0; i--) this.#link(entries[i]!)
  }

  #link(entry: T): void {
    const bucket = entry.hash >>> this.#shift
    entry.nextInBucket = this.#heads[bucket] ?? null
    this.#heads[bucket] = entry
  }
}

/** Mixes an address and a smaller number (protocol and port) into 32 bits of which the top ones are good. */
export function hashAddress(address: number, rest: number): number {
  const hash = Math.imul(address ^ Math.imul(rest, 0x85ebca6b), 0xcc9e2d51)
  return Math.imul(hash ^ (hash >>> 15), 0x1b873593)
}
