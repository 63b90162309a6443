import { expectedDelay, leastWeighted } from './overhead.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Shortest expected delay (ip_vs_sed.c): as if the new connection were there already; inactive ones do not count. */
export function shortestExpectedDelay(service: Scheduled): Scheduler {
  return { schedule: () => leastWeighted(service, expectedDelay) }
}
