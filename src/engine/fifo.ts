import type { Nanos } from './agenda.ts'

/**
 * A server that works off what arrives in order, one at a time (a CPU core, a NIC, a single worker).
 * What waits in it needs no event: its departure is known by arithmetic. At most `capacity` pieces of work may be
 * inside; the departure of the one `capacity` places earlier tells whether there is room.
 */
export class Fifo {
  /** When everything admitted so far is done. */
  freeAt: Nanos = 0
  /** Time spent working, for utilisation. */
  busy: Nanos = 0
  readonly #capacity: number
  /** Departures of the last `capacity` admissions, oldest overwritten; grown only once work really queues. */
  #departures: Float64Array | undefined
  #admitted = 0

  constructor(capacity = Number.POSITIVE_INFINITY) {
    this.#capacity = capacity
  }

  /** How long something that arrives now would wait before its turn. */
  backlog(now: Nanos): Nanos {
    return this.freeAt > now ? this.freeAt - now : 0
  }

  /** Is there no room for one more at this time? */
  isFull(now: Nanos): boolean {
    if (this.#departures === undefined || this.#admitted < this.#capacity) return false
    return (this.#departures[this.#admitted % this.#capacity] ?? 0) > now
  }

  /** Takes a piece of work that lasts `cost`; returns when it is done. Ask `isFull` first where that can be. */
  admit(now: Nanos, cost: Nanos): Nanos {
    const queued = this.freeAt > now
    this.freeAt = (queued ? this.freeAt : now) + cost
    this.busy += cost
    if (this.#capacity !== Number.POSITIVE_INFINITY) this.#note(queued)
    return this.freeAt
  }

  #note(queued: boolean): void {
    if (this.#departures === undefined) {
      if (!queued) return
      // An empty queue has no history worth keeping: counting starts with the first that waits.
      this.#departures = new Float64Array(this.#capacity)
      this.#admitted = 0
    }
    this.#departures[this.#admitted % this.#capacity] = this.freeAt
    this.#admitted++
  }
}
