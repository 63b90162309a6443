import { PLACES } from '../kernel/journey.ts'

/**
 * Where the time of a lookup goes. Of the questions that are asked side by side, a round, the caller waits for the one
 * that is answered last: only its time by place is added to the lookup's own ledger.
 */
export class QueryLedgers {
  /** Of each query of this round; used again in the next. */
  readonly #ledgers: Float64Array[] = []
  #used = 0
  #total: Float64Array | null = null
  /** Of the latest query of this round that was answered. */
  #answered: Float64Array | null = null

  /** A lookup begins; null: nobody counts. */
  begin(total: Float64Array | null): void {
    this.#total = total
    this.#answered = null
    this.#used = 0
  }

  /** A ledger for the next query; the first one after an answer begins a round. */
  next(): Float64Array | null {
    if (this.#total === null) return null
    if (this.#answered !== null) this.endRound()
    const at = this.#used++
    let ledger = this.#ledgers[at]
    if (ledger === undefined) this.#ledgers.push((ledger = new Float64Array(PLACES.length)))
    else ledger.fill(0)
    return ledger
  }

  /** The query with that ledger has been answered. */
  answer(ledger: Float64Array | null): void {
    this.#answered = ledger
  }

  endRound(): void {
    const [total, answered] = [this.#total, this.#answered]
    if (total !== null && answered !== null) for (let place = 0; place < total.length; place++) total[place]! += answered[place]!
    answered?.fill(0)
    this.#answered = null
    this.#used = 0
  }
}
