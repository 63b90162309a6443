import { fnv1a } from '../../engine/fnv1a.ts'

/** Nothing is left to give. The message says what ran out and how to widen it. */
export class PoolExhausted extends Error {}

/**
 * A range of whole numbers that are given out once each: addresses, ports, node subnets. What a holder
 * gets depends on his name (then on who came before, where two names fall on one number), so that one more
 * holder does not shift everybody else's.
 */
export class Pool {
  readonly #first: number
  readonly #size: number
  readonly #what: string
  readonly #taken = new Set<number>()
  #next: number

  /** `what` completes "… is exhausted"; `next` is how far from the first the taking in turn begins. */
  constructor(what: string, first: number, last: number, next = 0) {
    this.#what = what
    this.#first = first
    this.#size = last - first + 1
    this.#next = next
  }

  /** False if somebody has it already. Numbers outside the range are nobody's business here. */
  reserve(value: number): boolean {
    if (this.#taken.has(value)) return false
    this.#taken.add(value)
    return true
  }

  release(value: number): void {
    this.#taken.delete(value)
  }

  /** Gives the number that suits the name, or the next free one after it. */
  takeFor(name: string): number {
    return this.#take(fnv1a(name) % this.#size)
  }

  /** Gives the next free number after the one given last, as the host-local CNI plugin does: none is reused soon. */
  takeNext(): number {
    const value = this.#take(this.#next)
    this.#next = value - this.#first + 1
    return value
  }

  #take(start: number): number {
    for (let i = 0; i < this.#size; i++) {
      const value = this.#first + ((start + i) % this.#size)
      if (this.reserve(value)) return value
    }
    throw new PoolExhausted(`${this.#what} is exhausted: all ${this.#size} are taken`)
  }
}
