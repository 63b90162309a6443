import { suggest } from '../engine/nearest.ts'
import { DROP_REASONS } from '../kernel/drops.ts'
import { COMPARISONS, parseExpectation } from '../scenario/expectation.ts'
import { isDnsReport } from './dns-meter.ts'
import { FAILURE_KINDS, isFailureKind } from '../traffic/failure-kinds.ts'
import type { ExpectationReport, Report, TrafficReport } from './report.ts'

/** Holds each expectation against the report. One that names no figure of it does not hold, and says which figure is near. */
export function evaluate(expectations: readonly string[], report: Report): ExpectationReport[] {
  if (expectations.length === 0) return []
  const figures = new Map([...totalsOf(report), ...figuresOf(report)])
  return expectations.map((expect) => {
    const parsed = parseExpectation(expect)
    if (parsed === undefined) return { expect, value: null, ok: false, hint: 'write a figure, a comparison and a value, such as app.p99 < 2ms' }
    const value = figures.get(parsed.figure) ?? absentCount(parsed.figure, report)
    if (value === undefined) return { expect, value: null, ok: false, hint: hintFor(parsed.figure, figures) }
    return { expect, value, ok: COMPARISONS[parsed.comparison]?.(value, parsed.bound) === true }
  })
}

/** What has happened to nobody is not in the report, but its count is known. */
function absentCount(figure: string, { traffic, windows, nodes, dns }: Report): number | undefined {
  const dropped = /^(.+?)?\.?drops\.(.+)$/.exec(figure)
  if (dropped !== null && (dropped[1] === undefined || Object.hasOwn(nodes, dropped[1]))) return Object.hasOwn(DROP_REASONS, dropped[2] ?? '') ? 0 : undefined
  if (/^dns\.(failures|rcodes|lost)\./.test(figure) && isDnsReport(dns)) return 0
  const [, name, list, kind = ''] = /^(.+?)\.(errors|backends)\.(.+)$/.exec(figure) ?? []
  if (list === 'errors' && !isFailureKind(kind)) return undefined
  return name !== undefined && (Object.hasOwn(traffic, name) || Object.hasOwn(windows ?? {}, name)) ? 0 : undefined
}

function hintFor(figure: string, figures: ReadonlyMap<string, number>): string {
  const [, errors = '', kind = ''] = /^(.+?\.errors)\.(.+)$/.exec(figure) ?? []
  const meant = figures.has(errors) ? suggest(kind, FAILURE_KINDS) : suggest(figure, [...figures.keys()])
  return meant ?? nearFigures(figure, figures)
}

const LISTED = 12

/** The figures of the same traffic or node; else the names that figures begin with. */
function nearFigures(figure: string, figures: ReadonlyMap<string, number>): string {
  const names = [...figures.keys()]
  const root = figure.split('.')[0] ?? ''
  const own = names.filter((name) => name.startsWith(`${root}.`))
  const shown = own.length > 0 ? own : [...new Set(names.map((name) => `${name.split('.')[0] ?? ''}.…`))]
  return `there is ${shown.slice(0, LISTED).join(', ')}${shown.length > LISTED ? ` and ${shown.length - LISTED} more` : ''}`
}

/**
 * Every number of the report by the name that expectations use: `app.p99`, `app.connect.p50`, `app.errors.timeout`,
 * `app[3s..5s].errors`, `node-1.conntrack.insert_failed`, `nodes.conntrack.entries_max` (the largest), `dns.queries`.
 */
export function figuresOf(report: Report): Map<string, number> {
  const figures = new Map<string, number>()
  for (const [name, traffic] of Object.entries({ ...report.traffic, ...report.windows })) addTraffic(figures, name, traffic)
  for (const [name, node] of Object.entries(report.nodes)) addAll(figures, name, node)
  addNodes(figures, report)
  addAll(figures, 'dns', report.dns)
  addAll(figures, 'drops', report.drops)
  addTimeline(figures, report)
  return figures
}

function addTraffic(figures: Map<string, number>, name: string, traffic: TrafficReport): void {
  const failed = traffic.requests - traffic.ok
  figures.set(`${name}.requests`, traffic.requests)
  figures.set(`${name}.ok`, traffic.ok)
  figures.set(`${name}.errors`, failed)
  figures.set(`${name}.error_rate`, traffic.requests === 0 ? 0 : failed / traffic.requests)
  figures.set(`${name}.rate`, traffic.rate_per_s)
  figures.set(`${name}.outage`, traffic.failing?.longest_ns ?? 0)
  figures.set(`${name}.failing`, traffic.failing === undefined ? 0 : traffic.failing.last_ns - traffic.failing.first_ns)
  if (traffic.fairness_p !== undefined) figures.set(`${name}.fairness_p`, traffic.fairness_p)
  if (traffic.queries_per_request !== undefined) figures.set(`${name}.queries_per_request`, traffic.queries_per_request)
  addAll(figures, name, traffic.latency_ns)
  addAll(figures, name, traffic.phases_ns)
  addAll(figures, `${name}.errors`, traffic.errors)
  addAll(figures, `${name}.places`, traffic.places_ns)
  addAll(figures, `${name}.backends`, traffic.backends)
  figures.set(`${name}.backends`, Object.keys(traffic.backends).length)
}

/** Over all traffic. What is compared with other reports has each traffic's own, and would say everything twice with these. */
function totalsOf({ traffic }: Report): Map<string, number> {
  const all = Object.values(traffic)
  const requests = all.reduce((sum, one) => sum + one.requests, 0)
  const ok = all.reduce((sum, one) => sum + one.ok, 0)
  const totals = { requests, ok, errors: requests - ok, error_rate: requests === 0 ? 0 : (requests - ok) / requests }
  return new Map(Object.entries(totals).map(([name, value]) => [`traffic.${name}`, value]))
}

/** Over all nodes: the largest of what a node can have too much of, and the sum of what went wrong. */
function addNodes(figures: Map<string, number>, { nodes }: Report): void {
  const all = Object.values(nodes)
  if (all.length === 0) return
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  figures.set('nodes.rules', Math.max(...all.map(({ rules }) => rules)))
  figures.set('nodes.cpu_busy', Math.max(...all.map(({ cpu_busy }) => cpu_busy)))
  figures.set('nodes.conntrack.entries_max', Math.max(...all.map(({ conntrack }) => conntrack.entries_max)))
  figures.set('nodes.conntrack.insert_failed', sum(all.map(({ conntrack }) => conntrack.insert_failed)))
  figures.set('nodes.conntrack.drop', sum(all.map(({ conntrack }) => conntrack.drop)))
  figures.set('nodes.conntrack.early_drop', sum(all.map(({ conntrack }) => conntrack.early_drop)))
  figures.set('nodes.conntrack.invalid', sum(all.map(({ conntrack }) => conntrack.invalid)))
}

/** `propagation.p99`, `node-1.propagation.p99`, `node-1.stale`, `node-1.failed_while_stale`; over all nodes the longest and the sum. */
function addTimeline(figures: Map<string, number>, { timeline }: Report): void {
  if (timeline === undefined) return
  const nodes = Object.entries(timeline.nodes)
  figures.set('changes', timeline.changes)
  figures.set('pods_ending', timeline.pods_ending)
  addAll(figures, 'propagation', timeline.propagation_ns)
  for (const [name, { propagation_ns, stale_ns, failed_while_stale }] of nodes) {
    addAll(figures, `${name}.propagation`, propagation_ns)
    figures.set(`${name}.stale`, stale_ns)
    figures.set(`${name}.failed_while_stale`, failed_while_stale)
  }
  figures.set('nodes.stale', Math.max(0, ...nodes.map(([, { stale_ns }]) => stale_ns)))
  figures.set('nodes.failed_while_stale', nodes.reduce((sum, [, { failed_while_stale }]) => sum + failed_while_stale, 0))
}

/** Every number in there, however deep. */
function addAll(figures: Map<string, number>, prefix: string, values: object): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'number') figures.set(`${prefix}.${name}`, value)
    else if (typeof value === 'object' && value !== null) addAll(figures, `${prefix}.${name}`, value)
  }
}
