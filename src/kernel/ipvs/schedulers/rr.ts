import type { Destination } from '../destination.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Round robin (ip_vs_rr.c): the next in the list that has any weight. */
export class RoundRobin implements Scheduler {
  /** Whom it answered last; null: nobody, the next is the head of the list. */
  #last: Destination | null = null
  readonly #service: Scheduled

  constructor(service: Scheduled) {
    this.#service = service
  }

  schedule(): Destination | undefined {
    const last = this.#last
    const { first } = this.#service
    const found = last === null ? firstUsable(first, null) : (firstUsable(last.next, null) ?? firstUsable(first, last.next))
    if (found !== undefined) this.#last = found
    return found
  }

  onRemove(destination: Destination): void {
    if (this.#last === destination) this.#last = destination.previous
  }
}

/** The first with a weight, from `from` on and before `end`. */
function firstUsable(from: Destination | null, end: Destination | null): Destination | undefined {
  for (let d = from; d !== null && d !== end; d = d.next) if (d.weight > 0) return d
  return undefined
}
