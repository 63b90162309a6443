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
  /** A ring of the departures of the last `capacity` admissions; made only once work really queues. */
  #departures: Float64Array | undefined
  /** Where in the ring the next departure goes: there stands the one `capacity` places earlier, if there was one. */
  #next = 0

  /** `capacity`: at least 2. */
  constructor(capacity = Number.POSITIVE_INFINITY) {
    this.#capacity = capacity
  }

  /** How long something that arrives now would wait before its turn. */
  backlog(now: Nanos): Nanos {
    return this.freeAt > now ? this.freeAt - now : 0
  }

  /** Is there no room for one more at this time? */
  isFull(now: Nanos): boolean {
    return this.#departures !== undefined && this.#departures[this.#next]! > now
  }

  /** Takes a piece of work that lasts `cost`; returns when it is done. Ask `isFull` first where that can be. */
  admit(now: Nanos, cost: Nanos): Nanos {
    const queued = this.freeAt > now
    this.freeAt = (queued ? this.freeAt : now) + cost
    this.busy += cost
    if (this.#capacity !== Number.POSITIVE_INFINITY) this.#note(queued, cost)
    return this.freeAt
  }

  #note(queued: boolean, cost: Nanos): void {
    if (queued) this.#departures ??= this.#newRing(cost)
    const departures = this.#departures
    if (departures === undefined) return
    // An empty queue has no history worth keeping: counting starts anew, in the part of the ring that is in the cache.
    if (!queued) while (this.#next > 0) departures[--this.#next] = 0
    departures[this.#next] = this.freeAt
    this.#next = this.#next + 1 === this.#capacity ? 0 : this.#next + 1
  }

  /** Begins with the one piece that is inside while the first ever to wait, which lasts `cost`, is admitted. */
  #newRing(cost: Nanos): Float64Array {
    const ring = new Float64Array(this.#capacity)
    ring[0] = this.freeAt - cost
    this.#next = 1
    return ring
  }
}
