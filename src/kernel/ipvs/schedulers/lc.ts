import type { Destination } from '../destination.ts'
import { connectionOverhead } from './overhead.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Least connection (ip_vs_lc.c): how great a weight is does not matter, only whether there is one. */
export function leastConnection(service: Scheduled): Scheduler {
  return {
    schedule() {
      let least: Destination | undefined
      let leastOverhead = 0
      for (let d = service.first; d !== null; d = d.next) {
        if (d.weight === 0) continue
        const overhead = connectionOverhead(d)
        if (least === undefined || overhead < leastOverhead) {
          least = d
          leastOverhead = overhead
        }
      }
      return least
    },
  }
}
