/** When requests failed. Times are those at which requests should have begun. */
export interface Outages {
  first_ns: number
  last_ns: number
  /** The longest time in which every request failed: from the first of them to the first that was answered again. */
  longest_ns: number
  longest_from_ns: number
}

/** A run is looked at in so many moments. */
const MOMENTS = 10_000
const ANSWERED = 1
const FAILED = 2

/** Notes when requests were answered and when not, whatever the order in which they end. */
export class OutageMeter {
  readonly #moment: number
  readonly #moments = new Uint8Array(MOMENTS)
  #first = Number.POSITIVE_INFINITY
  #last = 0

  constructor(duration: number) {
    this.#moment = duration / MOMENTS
  }

  answered(start: number): void {
    this.#note(start, ANSWERED)
  }

  failed(start: number): void {
    this.#note(start, FAILED)
    if (start < this.#first) this.#first = start
    if (start > this.#last) this.#last = start
  }

  /** Undefined if nothing failed. */
  report(): Outages | undefined {
    if (this.#first === Number.POSITIVE_INFINITY) return undefined
    const [from, to] = this.#longest()
    return { first_ns: this.#first, last_ns: this.#last, longest_ns: Math.round((to - from) * this.#moment), longest_from_ns: Math.round(from * this.#moment) }
  }

  /** The moments between which nobody was answered: the first has a failure, the second an answer or is the end. */
  #longest(): [from: number, to: number] {
    let longest: [number, number] = [0, 0]
    let from = -1
    for (let moment = 0; moment <= MOMENTS; moment++) {
      const seen = this.#moments[moment] ?? ANSWERED
      if (from < 0 && seen === FAILED) from = moment
      if (from < 0 || (seen & ANSWERED) === 0) continue
      if (moment - from > longest[1] - longest[0]) longest = [from, moment]
      from = -1
    }
    return longest
  }

  #note(start: number, what: number): void {
    const moment = Math.min(MOMENTS - 1, Math.floor(start / this.#moment))
    this.#moments[moment] = this.#moments[moment]! | what
  }
}
