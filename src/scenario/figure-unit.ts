import type { Unit } from './expectation.ts'

const TIME = /(^|\.)(min|mean|p50|p90|p99|p999|max|outage|failing|stale|\w+_ns)$|\.places\.\w+$/
const SHARE = /(^|\.)(error_rate|cpu_busy)$/

/** What a figure of a report is, by its name; `number` is a count or a rate. */
export function unitOf(figure: string): Unit {
  if (TIME.test(figure)) return 'time'
  return SHARE.test(figure) ? 'share' : 'number'
}
