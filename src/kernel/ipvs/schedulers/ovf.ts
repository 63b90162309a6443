import { heaviest } from './heaviest.ts'
import type { Scheduled, Scheduler } from './scheduler.ts'

/** Weighted overflow (ip_vs_ovf.c): the greatest weight that is not exceeded by its active connections yet; then the next. */
export function overflow(service: Scheduled): Scheduler {
  return { schedule: () => heaviest(service, ({ active, weight }) => active <= weight) }
}
