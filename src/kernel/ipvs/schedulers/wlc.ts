import { connectionOverhead, leastWeighted } from './overhead.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Weighted least connection (ip_vs_wlc.c). */
export function weightedLeastConnection(service: Scheduled): Scheduler {
  return { schedule: () => leastWeighted(service, connectionOverhead) }
}
