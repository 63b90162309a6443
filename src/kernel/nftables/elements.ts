import type { VerdictStatement } from './rule.ts'

/** One element of a set (without a verdict) or of a verdict map. The key has a number for each field. */
export interface Element {
  readonly key: readonly number[]
  readonly verdict?: VerdictStatement
  readonly comment?: string
}

/**
 * An immutable run of elements with a hash over their keys (concatenations as one key, as net/netfilter/nft_set_hash.c
 * does). Of two elements with the same key the later one is meant. Runs are shared between machines.
 */
export class Elements {
  readonly #elements: readonly Element[]
  /** Open addressing: 0, or one more than the position of an element. */
  #slots: Int32Array | undefined
  #size = 0

  constructor(elements: readonly Element[]) {
    this.#elements = elements
  }

  /** How many there are, equal keys counted once. */
  get size(): number {
    this.#index()
    return this.#size
  }

  find(key: ArrayLike<number>): Element | undefined {
    if (this.#elements.length === 0) return undefined
    const slots = this.#index()
    return this.#elements[(slots[this.#slotOf(slots, key)] as number) - 1]
  }

  /** Each key once. */
  *[Symbol.iterator](): Iterator<Element> {
    for (const position of this.#index()) if (position > 0) yield this.#elements[position - 1] as Element
  }

  /** Made when first asked. */
  #index(): Int32Array {
    return (this.#slots ??= this.#build())
  }

  #build(): Int32Array {
    const slots = new Int32Array(2 ** Math.ceil(Math.log2(this.#elements.length * 2 + 1)))
    for (const [position, element] of this.#elements.entries()) {
      const slot = this.#slotOf(slots, element.key)
      if (slots[slot] === 0) this.#size++
      slots[slot] = position + 1
    }
    return slots
  }

  /** The slot with that key, or the free one where it would go. */
  #slotOf(slots: Int32Array, key: ArrayLike<number>): number {
    const mask = slots.length - 1
    let slot = hashOf(key) & mask
    for (;;) {
      const position = slots[slot] as number
      if (position === 0 || isSame((this.#elements[position - 1] as Element).key, key)) return slot
      slot = (slot + 1) & mask
    }
  }
}

function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function hashOf(key: ArrayLike<number>): number {
  let hash = 0
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ (key[i] as number), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}
