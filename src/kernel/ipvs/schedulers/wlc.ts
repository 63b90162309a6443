import type { Destination } from '../destination.ts'
import { connectionOverhead, leastWeighted } from './overhead.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Weighted least connection (ip_vs_wlc.c). */
export class WeightedLeastConnection implements Scheduler {
  readonly #service: Scheduled

  constructor(service: Scheduled) {
    this.#service = service
  }

  schedule(): Destination | undefined {
    return leastWeighted(this.#service, connectionOverhead)
  }
}
