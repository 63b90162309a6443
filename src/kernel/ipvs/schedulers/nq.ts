import type { Destination } from '../destination.ts'
import { expectedDelay, leastWeighted } from './overhead.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Never queue (ip_vs_nq.c): the first idle server at once; if all are busy, shortest expected delay. */
export class NeverQueue implements Scheduler {
  readonly #service: Scheduled

  constructor(service: Scheduled) {
    this.#service = service
  }

  schedule(): Destination | undefined {
    for (let d = this.#service.first; d !== null; d = d.next) if (d.weight > 0 && d.active === 0) return d
    return leastWeighted(this.#service, expectedDelay)
  }
}
