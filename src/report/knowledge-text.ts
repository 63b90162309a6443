import type { Summary } from './histogram.ts'
import type { Paint } from './paint.ts'
import type { KnowledgeReport, TimelineReport } from './timeline-report.ts'
import { counted, formatTime } from './units.ts'

/** More nodes than this are summed up; those that were wrong for longest come first. */
const LISTED = 12

/** What each node knew too late, and when that was. */
export function knowledgeText(timeline: TimelineReport, paint: Paint): string {
  const { changes, propagation_ns, nodes } = timeline
  if (!isSummary(propagation_ns)) return ''
  const { p50, p99, max } = propagation_ns
  const head = `${paint.bold('who knew when')}\n  ${counted(changes, 'change')} of Services and endpoints reached the nodes' rules after ${formatTime(p50)} (median), ${formatTime(p99)} (p99), ${formatTime(max)} at most`
  const ranked = Object.entries(nodes).sort(([, a], [, b]) => b.failed_while_stale - a.failed_while_stale || b.stale_ns - a.stale_ns)
  const listed = ranked.slice(0, LISTED)
  const more = ranked.length > LISTED ? [`  and ${ranked.length - LISTED} more`] : []
  return [head, ...listed.map(([name, node]) => sentence(name, node, paint)), ...more, ...strips(listed, timeline, paint)].join('\n')
}

function sentence(name: string, { propagation_ns, stale_ns, failed_while_stale }: KnowledgeReport, paint: Paint): string {
  const late = isSummary(propagation_ns) ? `knew after ${formatTime(propagation_ns.p50)}, at worst ${formatTime(propagation_ns.max)}` : 'knew nothing new'
  if (stale_ns === 0) return `  ${name}: ${late}; its rules never named a pod that was gone`
  const stale = `the ${formatTime(stale_ns)} in which its rules named pods that did not answer any more`
  return `  ${name}: ${late}; ${failed_while_stale > 0 ? paint.bad(`${counted(failed_while_stale, 'request')} failed in ${stale}`) : `nobody on it met one in ${stale}`}`
}

/** A line a node, a sign an interval; below them what happened when. */
function strips(nodes: readonly (readonly [string, KnowledgeReport])[], { interval_ns, intervals, events }: TimelineReport, paint: Paint): string[] {
  const wrong = nodes.filter(([, { stale }]) => stale.length > 0)
  if (wrong.length === 0) return []
  const ends = wrong.flatMap(([, { stale }]) => stale.map(({ to_ns }) => Math.ceil(to_ns / interval_ns)))
  const length = Math.max(...ends, ...Object.values(intervals).map((each) => each.length))
  const width = Math.max(...wrong.map(([name]) => name.length))
  const lines = wrong.map(([name, { stale }]) => `  ${name.padEnd(width)}  ${strip(stale, interval_ns, length)}`)
  const marks = new Set(events.map(({ at_ns }) => Math.floor(at_ns / interval_ns)))
  const axis = Array.from({ length }, (_, i) => (marks.has(i) ? '▴' : ' ')).join('').trimEnd()
  const legend = paint.dim(`  each sign ${formatTime(interval_ns)}: █ requests failed by old rules, ▒ the rules were old, · they were right${axis === '' ? '' : '; ▴ what the timeline did'}`)
  return [...lines, ...(axis === '' ? [] : [`  ${''.padEnd(width)}  ${axis}`]), legend]
}

function strip(stale: KnowledgeReport['stale'], interval: number, length: number): string {
  return Array.from({ length }, (_, i) => {
    const within = stale.filter(({ from_ns, to_ns }) => from_ns < (i + 1) * interval && to_ns > i * interval)
    if (within.length === 0) return '·'
    return within.some(({ failed }) => failed > 0) ? '█' : '▒'
  }).join('')
}

function isSummary(summary: object): summary is Summary {
  return 'p50' in summary
}
