import type { IntervalReport } from './interval-meter.ts'
import { knowledgeText } from './knowledge-text.ts'
import type { TimelineReport } from './timeline-report.ts'
import type { Paint } from './paint.ts'
import { counted, formatCount, formatTime } from './units.ts'

/** What happened when, what became of the requests around it, and what each node knew too late. */
export function timelineText(timeline: TimelineReport | undefined, paint: Paint): string {
  if (timeline === undefined) return ''
  const traffic = Object.entries(timeline.intervals).map(([name, intervals]) => overTime(name, intervals, timeline, paint))
  return [...traffic, knowledgeText(timeline, paint), unfinishedText(timeline, paint)].filter((section) => section !== '').join('\n\n')
}

function unfinishedText({ pods_ending }: TimelineReport, paint: Paint): string {
  return pods_ending === 0 ? '' : `${paint.bad('not seen')}  the run ends with ${counted(pods_ending, 'pod')} still on ${pods_ending === 1 ? 'its' : 'their'} way out: a longer \`duration\` shows what becomes of them`
}

/** Some intervals in a row, and what has happened at their beginning. */
interface Row {
  start_ns: number
  end_ns: number
  requests: number
  errors: Record<string, number>
  /** Of the worst interval. */
  p99_ns: number
}

function overTime(name: string, intervals: readonly IntervalReport[], { interval_ns, events }: TimelineReport, paint: Paint): string {
  const rows = rowsOf(intervals, interval_ns, new Set(events.map(({ at_ns }) => Math.floor(at_ns / interval_ns) * interval_ns)))
  const lines = rows.map((row) => ({ at: row.start_ns, text: rowText(row, paint) }))
  const happened = events.map(({ at_ns, what }) => ({ at: at_ns, text: paint.bold(`  ▸ ${seconds(at_ns)}  ${what}`) }))
  // What happens within an interval is said before it.
  const all = [...happened, ...lines].sort((a, b) => Math.floor(a.at / interval_ns) - Math.floor(b.at / interval_ns))
  return [`${paint.bold(name)} over time`, ...all.map(({ text }) => text)].join('\n')
}

/** Intervals in a row in which nothing failed, or everything in the same way, become one; an event begins a new one. */
function rowsOf(intervals: readonly IntervalReport[], length: number, begins: ReadonlySet<number>): Row[] {
  const rows: Row[] = []
  for (const { start_ns, requests, errors, p99_ns } of intervals) {
    const last = rows.at(-1)
    const row = { start_ns, end_ns: start_ns + length, requests, errors: { ...errors }, p99_ns }
    if (last === undefined || begins.has(start_ns) || characterOf(last) !== characterOf(row)) {
      rows.push(row)
      continue
    }
    last.end_ns = row.end_ns
    last.requests += requests
    for (const [kind, count] of Object.entries(errors)) last.errors[kind] = (last.errors[kind] ?? 0) + count
    last.p99_ns = Math.max(last.p99_ns, p99_ns)
  }
  return rows
}

/** Rows of the same character can be one. Where some failed and some did not, each is its own. */
function characterOf({ start_ns, requests, errors }: Row): string {
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
  if (failed === 0) return 'quiet'
  return failed === requests ? Object.keys(errors).join() : `mixed ${start_ns}`
}

function rowText({ start_ns, end_ns, requests, errors, p99_ns }: Row, paint: Paint): string {
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
  const kinds = Object.entries(errors).map(([kind, count]) => `${formatCount(count)} ${kind}`)
  const outcome = failed === 0 ? 'no errors' : paint.bad(`${formatCount(failed)} failed: ${kinds.join(', ')}`)
  return `    ${`${seconds(start_ns)} to ${seconds(end_ns)}`.padEnd(18)}  ${formatCount(requests).padStart(9)} requests  p99 ${(p99_ns === 0 ? '-' : formatTime(p99_ns)).padStart(8)}  ${outcome}`
}

function seconds(ns: number): string {
  return `${Number((ns / 1e9).toFixed(3))} s`
}
