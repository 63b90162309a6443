import { scaleLinear, scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import type { IntervalReport } from './interval-meter.ts'
import type { Report } from './report.ts'
import { COLOURS, escape, FAINT, heading, legend, moved, page, powersOfTen, round, ticksAcross, ticksUp } from './svg.ts'
import type { KnowledgeReport, TimelineReport } from './timeline-report.ts'
import { formatCount, formatPercent, formatTime } from './units.ts'

const WIDTH = 1000
const LEFT = 100
const PLOT = WIDTH - LEFT - 30
const PANEL_HEIGHT = 120
/** Between panels: the time axis of one and the heading of the next. */
const GAP = 62
const LINE = 18
/** A node's line in the panel of what nodes knew, and how many of them are drawn. */
const STRIP = 16
const NODES_LISTED = 24
/** Of what happened so much is said in words; every one has its line. */
const EVENTS_LISTED = 12

type TimeScale = (ns: number) => number

interface Panel {
  title: string
  height: number
  legend: readonly (readonly [string, string])[]
  draw: (x: TimeScale) => string
}

/** A run as it went on: requests, latency, conntrack, what nodes knew, all above one axis of time. SVG; undefined: nothing in it goes on over time. */
export function runPicture(report: Report, command: string): string | undefined {
  const { timeline } = report
  const panels = [...(timeline === undefined ? [] : trafficPanels(timeline)), ...conntrackPanels(report), ...knowledgePanels(timeline?.nodes ?? {})]
  if (panels.length === 0) return undefined
  const events = timeline?.events ?? []
  const x = scaleLinear().domain([0, report.simulated_ns]).range([0, PLOT])
  const words = [`mode ${report.mode}, costs ${report.profile}, seed ${report.seed}, fingerprint ${report.fingerprint}; ${command}`, ...eventWords(events)]
  const top = 32 + words.length * LINE + GAP
  const drawn: string[] = words.map((text, i) => `<text x="${LEFT}" y="${32 + (i + 1) * LINE}" fill="${FAINT}">${escape(text)}</text>`)
  const ticks = x.ticks(10).map((ns) => ({ at: x(ns), label: formatTime(ns) }))
  let y = top
  for (const panel of panels) {
    const key = moved(PLOT - 150 * panel.legend.length, -25, legend(panel.legend, 150))
    drawn.push(moved(LEFT, y, `${heading(panel.title)}${key}${ticksAcross(ticks, panel.height)}${panel.draw(x)}`))
    y += panel.height + GAP
  }
  drawn.push(moved(LEFT, top, eventLines(events, x, y - top - GAP)))
  return page({ width: WIDTH, height: y, title: report.question ?? `scenario ${report.scenario}`, left: LEFT }, drawn)
}

function trafficPanels({ intervals, interval_ns }: TimelineReport): Panel[] {
  return Object.entries(intervals).flatMap(([name, own]) => [requestsPanel(name, own, interval_ns), latencyPanel(name, own, interval_ns)])
}

function eventWords(events: TimelineReport['events']): string[] {
  const words = events.slice(0, EVENTS_LISTED).map(({ at_ns, what }, i) => `${i + 1}: at ${formatTime(at_ns)} ${what}`)
  return events.length > EVENTS_LISTED ? [...words, `and ${events.length - EVENTS_LISTED} more`] : words
}

/** Through all panels, numbered at their upper end. */
function eventLines(events: TimelineReport['events'], x: TimeScale, height: number): string {
  return events.map(({ at_ns }, i) => moved(x(at_ns), 0, `<line y1="-26" y2="${height}" stroke="#222222" stroke-dasharray="2 3"/><text y="-30" text-anchor="middle">${i + 1}</text>`)).join('')
}

function requestsPanel(name: string, intervals: readonly IntervalReport[], length: number): Panel {
  const rate = (count: number): number => count / (length / 1e9)
  const y = scaleLinear().domain([0, Math.max(1, ...intervals.map(({ requests }) => rate(requests)))]).range([PANEL_HEIGHT, 0]).nice()
  const bar = (x: TimeScale, start: number, from: number, to: number, colour: string): string =>
    from === to ? '' : `<rect x="${round(x(start))}" y="${round(y(rate(to)))}" width="${round(x(start + length) - x(start))}" height="${round(y(rate(from)) - y(rate(to)))}" fill="${colour}"/>`
  return {
    title: `${name}: requests a second`,
    height: PANEL_HEIGHT,
    legend: [['answered', COLOURS.sky], ['failed', COLOURS.vermillion]],
    draw: (x) => ticksUp(y.ticks(4).map((value) => ({ at: y(value), label: formatCount(value) })), PLOT) + intervals.map(({ start_ns, requests, ok }) => bar(x, start_ns, 0, requests - ok, COLOURS.vermillion) + bar(x, start_ns, requests - ok, requests, COLOURS.sky)).join(''),
  }
}

function latencyPanel(name: string, intervals: readonly IntervalReport[], length: number): Panel {
  const known = intervals.filter(({ ok }) => ok > 0)
  const low = Math.max(1, Math.min(...known.map(({ p50_ns }) => p50_ns)))
  const y = scaleLog().domain(known.length === 0 ? [1e3, 1e6] : [low, Math.max(2 * low, ...known.map(({ p99_ns }) => p99_ns))]).range([PANEL_HEIGHT, 0]).nice()
  const path = (x: TimeScale, of: (interval: IntervalReport) => number, colour: string): string => {
    const draw = line<IntervalReport>().defined(({ ok }) => ok > 0).x((interval) => round(x(interval.start_ns + length / 2))).y((interval) => round(y(Math.max(1, of(interval)))))
    return `<path d="${draw(intervals) ?? ''}" fill="none" stroke="${colour}" stroke-width="2" stroke-linecap="round"/>`
  }
  return {
    title: `${name}: latency of what was answered`,
    height: PANEL_HEIGHT,
    legend: [['median', COLOURS.blue], ['p99', COLOURS.orange]],
    draw: (x) => ticksUp(powersOfTen(y.domain()).map((value) => ({ at: y(value), label: formatTime(value) })), PLOT) + path(x, ({ p50_ns }) => p50_ns, COLOURS.blue) + path(x, ({ p99_ns }) => p99_ns, COLOURS.orange),
  }
}

/** The fullest node's conntrack; the others are in the text. */
function conntrackPanels({ conntrack, nodes }: Report): Panel[] {
  if (conntrack === undefined) return []
  const [fullest] = Object.entries(conntrack.nodes).sort(([a], [b]) => (nodes[b]?.conntrack.entries_max ?? 0) - (nodes[a]?.conntrack.entries_max ?? 0))
  const limit = nodes[fullest?.[0] ?? '']?.conntrack.limit ?? 0
  if (fullest === undefined || limit === 0) return []
  const [name, peaks] = fullest
  const y = scaleLinear().domain([0, 1]).range([PANEL_HEIGHT, 0])
  // Where nothing new comes in, nobody counts what is left.
  const path = line<number>().defined((peak) => peak > 0).y((peak) => round(y(peak / limit)))
  return [{
    title: `${name}: conntrack entries, share of the ${formatCount(limit)} that there may be`,
    height: PANEL_HEIGHT,
    legend: [],
    draw: (x) => `${ticksUp(y.ticks(4).map((share) => ({ at: y(share), label: formatPercent(share) })), PLOT)}<path d="${path.x((_, i) => round(x((i + 0.5) * conntrack.interval_ns)))(peaks) ?? ''}" fill="none" stroke="${COLOURS.purple}" stroke-width="2"/>`,
  }]
}

/** Nodes whose rules were old for some time, those that were so for longest first. */
function knowledgePanels(nodes: Readonly<Record<string, KnowledgeReport>>): Panel[] {
  const wrong = Object.entries(nodes).filter(([, { stale }]) => stale.length > 0).sort(([, a], [, b]) => b.failed_while_stale - a.failed_while_stale || b.stale_ns - a.stale_ns)
  if (wrong.length === 0) return []
  const listed = wrong.slice(0, NODES_LISTED)
  const more = wrong.length > NODES_LISTED ? `; ${NODES_LISTED} of ${wrong.length} nodes` : ''
  return [{
    title: `rules that named pods that did not answer any more${more}`,
    height: listed.length * STRIP,
    legend: [['requests failed', COLOURS.vermillion], ['nobody met one', COLOURS.orange]],
    draw: (x) => ticksUp(listed.map(([name], i) => ({ at: (i + 0.5) * STRIP, label: name })), PLOT) + listed.map(([, { stale }], i) => moved(0, i * STRIP, strip(stale, x))).join(''),
  }]
}

/** However short it was, it can be seen. */
function strip(stale: KnowledgeReport['stale'], x: TimeScale): string {
  return stale.map(({ from_ns, to_ns, failed }) => `<rect x="${round(x(from_ns))}" y="2" width="${Math.max(1.5, round(x(to_ns) - x(from_ns)))}" height="${STRIP - 4}" fill="${failed > 0 ? COLOURS.vermillion : COLOURS.orange}"/>`).join('')
}
