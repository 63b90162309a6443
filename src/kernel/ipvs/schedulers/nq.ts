import { expectedDelay, leastWeighted } from './overhead.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Never queue (ip_vs_nq.c): the first idle server at once; if all are busy, shortest expected delay. */
export function neverQueue(service: Scheduled): Scheduler {
  return {
    schedule() {
      for (let d = service.first; d !== null; d = d.next) if (d.weight > 0 && d.active === 0) return d
      return leastWeighted(service, expectedDelay)
    },
  }
}
