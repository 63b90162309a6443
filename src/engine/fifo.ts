import type { Nanos } from './agenda.ts'

/**
 * A server that works off what arrives in order, one at a time (a CPU core, a NIC, a single worker).
 * What waits in it needs no event: its departure is known by arithmetic.
 */
export class Fifo {
  /** When everything admitted so far is done. */
  freeAt: Nanos = 0
  /** Time spent working, for utilisation. */
  busy: Nanos = 0

  /** How long something that arrives now would wait before its turn. */
  backlog(now: Nanos): Nanos {
    return this.freeAt > now ? this.freeAt - now : 0
  }

  /** Takes a piece of work that lasts `cost`; returns when it is done. */
  admit(now: Nanos, cost: Nanos): Nanos {
    const start = this.freeAt > now ? this.freeAt : now
    this.freeAt = start + cost
    this.busy += cost
    return this.freeAt
  }
}
