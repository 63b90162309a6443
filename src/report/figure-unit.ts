import { formatCount, formatPercent, formatTime } from './units.ts'

const TIME = /(^|\.)(min|mean|p50|p90|p99|p999|max|outage|failing|stale|first_full_ns)$|\.places\.\w+$/
const SHARE = /(^|\.)(error_rate|cpu_busy)$/

/** A figure of a report in the unit that people read it in. */
export function formatFigure(figure: string, value: number): string {
  if (TIME.test(figure)) return formatTime(value)
  if (SHARE.test(figure)) return formatPercent(value)
  return Number.isInteger(value) ? formatCount(value) : value.toPrecision(4)
}
