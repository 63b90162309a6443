import type { NodeReport, Report } from './report.ts'
import type { Paint } from './paint.ts'
import { table } from './table.ts'
import { counted, formatCount, formatPercent, formatTime } from './units.ts'

/** An eighth of the limit each. */
const LEVELS = '▁▂▃▄▅▆▇█'
const LISTED = 12

/** How full conntrack was as time went on, against its limit; of nodes where that is worth a look. */
export function occupancyText({ conntrack, nodes }: Report, paint: Paint): string {
  if (conntrack === undefined) return ''
  const { interval_ns } = conntrack
  const ranked = Object.entries(conntrack.nodes).sort(([a], [b]) => (nodes[b]?.conntrack.entries_max ?? 0) - (nodes[a]?.conntrack.entries_max ?? 0))
  const rows = ranked.slice(0, LISTED).flatMap(([name, peaks]) => {
    const own = nodes[name]?.conntrack
    return own === undefined ? [] : [[`  ${name}`, `${formatCount(own.entries_max)} of ${formatCount(own.limit)}`, formatPercent(own.entries_max / own.limit), levels(peaks, own.limit), verdict(own, peaks, interval_ns, paint)]]
  })
  const more = ranked.length > LISTED ? `\n  and ${ranked.length - LISTED} more` : ''
  return `${paint.bold('conntrack over time')}  each bar ${formatTime(interval_ns)}, full at nf_conntrack_max\n${table([['  node', 'entries', 'share', 'over time', ''], ...rows])}${more}`
}

function levels(peaks: readonly number[], limit: number): string {
  return peaks.map((peak) => (peak === 0 ? ' ' : (LEVELS[Math.min(LEVELS.length - 1, Math.floor((peak / limit) * LEVELS.length))] ?? ' '))).join('')
}

/** Whether it was full, or will be, or has come to rest. */
function verdict({ first_full_ns, drop, limit }: NodeReport['conntrack'], peaks: readonly number[], interval: number, paint: Paint): string {
  if (first_full_ns !== undefined) return paint.bad(`full from ${formatTime(first_full_ns)} on: ${counted(drop, 'packet')} dropped`)
  const last = peaks.findLastIndex((peak) => peak > 0)
  if (last < peaks.length - 1) return `no new ones after ${formatTime((last + 1) * interval)}`
  const now = peaks[last] ?? 0
  const before = Math.max(0, last - RECENT)
  const growth = (now - (peaks[before] ?? 0)) / (Math.max(1, last - before) * (interval / 1e9))
  if (growth * REST <= now) return 'at rest'
  return `still grows by ${formatCount(growth)} a second: full after another ${formatTime(((limit - now) / growth) * 1e9)} if nothing ends`
}

/** Growth is told from so many intervals at the end. */
const RECENT = 5
/** What takes longer than this to double, in seconds, is at rest. */
const REST = 600
