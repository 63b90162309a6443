import { Chains } from '../conntrack/chains.ts'
import { PORTS, PROTOCOL, SOURCE, tupleAt, type Entries } from '../conntrack/entries.ts'
import { SRC_NAT_DONE } from '../conntrack/status.ts'
import { hashTuple, sourcePortOf } from '../conntrack/tuple.ts'

/** nf_nat_bysource: the connections whose source side is decided, by original source, so that a source keeps its mapping. */
export class BySource {
  readonly #chains = new Chains()
  readonly #entries: Entries

  constructor(entries: Entries) {
    this.#entries = entries
  }

  add(entry: number): void {
    // The entry's own SRC_NAT_DONE is set after this, so that a rebuild does not insert it twice.
    if (this.#chains.grow(this.#entries.capacity)) this.#rebuild()
    this.#chains.insert(entry, this.#hash(entry))
  }

  remove(entry: number): void {
    if ((this.#entries.status(entry) & SRC_NAT_DONE) !== 0) this.#chains.remove(entry, this.#hash(entry))
  }

  /** The newest entry with the same protocol, source address and source port for which `accept` holds; -1 if none. */
  find(like: number, accept: (entry: number) => boolean): number {
    const { words } = this.#entries
    const wanted = tupleAt(2 * like)
    const hash = this.#hash(like)
    let entry = this.#chains.heads[hash >>> this.#chains.shift]!
    while (entry >= 0) {
      const at = tupleAt(2 * entry)
      const isSame = words[at + SOURCE] === words[wanted + SOURCE] && words[at + PROTOCOL] === words[wanted + PROTOCOL] && sourcePortOf(words[at + PORTS]!) === sourcePortOf(words[wanted + PORTS]!)
      if (isSame && accept(entry)) return entry
      entry = this.#chains.next[entry]!
    }
    return -1
  }

  #hash(entry: number): number {
    const { words } = this.#entries
    const at = tupleAt(2 * entry)
    return hashTuple(words[at + SOURCE]!, 0, sourcePortOf(words[at + PORTS]!), words[at + PROTOCOL]!)
  }

  #rebuild(): void {
    const entries = this.#entries
    for (let entry = 0; entry < entries.used; entry++) {
      if ((entries.status(entry) & SRC_NAT_DONE) !== 0 && !entries.isRetired(entry)) this.#chains.insert(entry, this.#hash(entry))
    }
  }
}
