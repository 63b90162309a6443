import type { Destination } from '../destination.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Weighted overflow (ip_vs_ovf.c): the greatest weight that is not exceeded by its active connections yet; then the next. */
export class Overflow implements Scheduler {
  readonly #service: Scheduled

  constructor(service: Scheduled) {
    this.#service = service
  }

  schedule(): Destination | undefined {
    let heaviest: Destination | undefined
    for (let d = this.#service.first; d !== null; d = d.next) {
      if (d.active <= d.weight && d.weight > (heaviest?.weight ?? 0)) heaviest = d
    }
    return heaviest
  }
}
