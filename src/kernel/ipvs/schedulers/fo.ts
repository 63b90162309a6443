import { heaviest } from './heaviest.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Weighted failover (ip_vs_fo.c): always the greatest weight. */
export function failover(service: Scheduled): Scheduler {
  return { schedule: () => heaviest(service, () => true) }
}
