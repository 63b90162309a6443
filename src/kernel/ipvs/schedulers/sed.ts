import type { Destination } from '../destination.ts'
import { expectedDelay, leastWeighted } from './overhead.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Shortest expected delay (ip_vs_sed.c): as if the new connection were there already; inactive ones do not count. */
export class ShortestExpectedDelay implements Scheduler {
  readonly #service: Scheduled

  constructor(service: Scheduled) {
    this.#service = service
  }

  schedule(): Destination | undefined {
    return leastWeighted(this.#service, expectedDelay)
  }
}
