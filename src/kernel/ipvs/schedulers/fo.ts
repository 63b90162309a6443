import type { Destination } from '../destination.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Weighted failover (ip_vs_fo.c): always the greatest weight, the first in the list of equals. */
export class Failover implements Scheduler {
  readonly #service: Scheduled

  constructor(service: Scheduled) {
    this.#service = service
  }

  schedule(): Destination | undefined {
    let heaviest: Destination | undefined
    for (let d = this.#service.first; d !== null; d = d.next) if (d.weight > (heaviest?.weight ?? 0)) heaviest = d
    return heaviest
  }
}
