import { Chains } from '../conntrack/chains.ts'
import { hashTuple } from '../conntrack/tuple.ts'

/** A set of triples of 32-bit words, in columns and in the order in which they were added. Nothing is ever removed. */
export class Tuples {
  size = 0
  readonly #chains = new Chains()
  #words = new Int32Array(3 * 4)

  has(first: number, port: number, second: number): boolean {
    const { heads, next, shift } = this.#chains
    const words = this.#words
    for (let at = heads[hashTuple(first, second, port, 0) >>> shift]!; at >= 0; at = next[at]!) {
      const i = 3 * at
      if (words[i] === first && words[i + 1] === port && words[i + 2] === second) return true
    }
    return false
  }

  /** The triple must not be there yet. */
  add(first: number, port: number, second: number): void {
    this.#grow()
    const i = 3 * this.size
    this.#words[i] = first
    this.#words[i + 1] = port
    this.#words[i + 2] = second
    this.#chains.insert(this.size++, hashTuple(first, second, port, 0))
  }

  *[Symbol.iterator](): Iterator<readonly [first: number, port: number, second: number]> {
    for (let i = 0; i < 3 * this.size; i += 3) yield [this.#words[i]!, this.#words[i + 1]!, this.#words[i + 2]!]
  }

  #grow(): void {
    const room = this.#words.length / 3
    if (this.size === room) {
      const words = new Int32Array(this.#words.length * 2)
      words.set(this.#words)
      this.#words = words
    }
    if (!this.#chains.grow(this.#words.length / 3)) return
    let node = 0
    for (const [first, port, second] of this) this.#chains.insert(node++, hashTuple(first, second, port, 0))
  }
}
