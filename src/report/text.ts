import { parseExpectation } from '../scenario/expectation.ts'
import { unitOf } from '../scenario/figure-unit.ts'
import type { Summary } from './histogram.ts'
import type { Report, TrafficReport } from './report.ts'
import { isDnsReport } from './dns-meter.ts'
import { dnsText } from './dns-text.ts'
import type { Paint } from './paint.ts'
import { table } from './table.ts'
import { occupancyText } from './occupancy-text.ts'
import { timelineText } from './timeline-text.ts'
import { counted, formatCount, formatPercent, formatTime, significant } from './units.ts'

/** The words for each place where time goes. */
const PLACE_WORDS: Record<string, string> = {
  socket: 'sockets', link: 'veth and NIC', netfilter: 'rules (netfilter)', conntrack: 'conntrack and NAT', routing: 'routing',
  wire: 'wire', queueing: 'queueing', server: 'server', waiting: 'waiting (windows, timers)',
}

/** Modes that the current release does not have any more. */
const RELEASES: Readonly<Record<string, string>> = { userspace: '1.20 (1.26 has no userspace mode any more)' }

/** A run's report for people. `command` repeats the run. */
export function reportText(report: Report, command: string, paint: Paint): string {
  const sections = [
    head(report, command, paint),
    ...Object.entries(report.traffic).map(([name, traffic]) => trafficText(name, traffic, paint)),
    timelineText(report.timeline, paint),
    namesText(report.dns, paint),
    nodesText(report, paint),
    occupancyText(report, paint),
    dropsText(report, paint),
    expectationsText(report, paint),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function head(report: Report, command: string, paint: Paint): string {
  const lines = [
    paint.bold(report.question ?? `scenario ${report.scenario}`),
    `  mode ${report.mode}, costs ${report.profile}, seed ${report.seed}, ${formatTime(report.simulated_ns)} simulated, ${formatCount(report.events)} events, ${formatCount(report.packets)} packets through machines`,
    paint.dim(`  repeat: ${command}`),
    paint.dim(`  fingerprint ${report.fingerprint}, kubehop ${report.kubehop}, behaviour of Kubernetes ${RELEASES[report.mode] ?? '1.34 to 1.35'}`),
  ]
  return lines.join('\n')
}

function trafficText(name: string, traffic: TrafficReport, paint: Paint): string {
  const failed = traffic.requests - traffic.ok
  const share = traffic.requests === 0 ? 0 : failed / traffic.requests
  const errors = failed === 0 ? paint.good('no errors') : paint.bad(`${formatCount(failed)} failed (${formatPercent(share)})`)
  const lines = [`${paint.bold(name)}  ${counted(traffic.requests, 'request')}, ${formatCount(traffic.rate_per_s)}/s, ${errors}`]
  for (const [kind, count] of Object.entries(traffic.errors)) lines.push(`  ${paint.bad(kind)}: ${formatCount(count)}`)
  if (traffic.failing !== undefined) lines.push(`  ${failingText(traffic.failing)}`)
  if (traffic.queries_per_request !== undefined) lines.push(`  ${significant(traffic.queries_per_request)} DNS queries a request`)
  if (isSummary(traffic.latency_ns)) lines.push(latencyTable(traffic, traffic.latency_ns), placesText(traffic, traffic.latency_ns.mean))
  if (traffic.ok > 0) lines.push(backendsText(traffic))
  return lines.join('\n')
}

function failingText({ first_ns, last_ns, longest_ns, longest_from_ns }: NonNullable<TrafficReport['failing']>): string {
  const span = first_ns === last_ns ? `failed at ${formatTime(first_ns)}` : `failed between ${formatTime(first_ns)} and ${formatTime(last_ns)}`
  return longest_ns === 0 ? `${span}; others were answered all the while` : `${span}; nobody was answered for ${formatTime(longest_ns)} from ${formatTime(longest_from_ns)} on`
}

const COLUMNS = ['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'] as const

function latencyTable(traffic: TrafficReport, latency: Summary): string {
  const { dns, connect, response } = traffic.phases_ns
  const rows = [['total', latency], ['dns', dns], ['connect', connect], ['response', response]] as const
  const shown = rows.flatMap(([name, summary]) => (isSummary(summary) ? [[`  ${name}`, ...COLUMNS.map((column) => formatTime(summary[column]))]] : []))
  return table([['  latency', ...COLUMNS.map((column) => (column === 'p999' ? 'p99.9' : column))], ...shown])
}

function placesText(traffic: TrafficReport, mean: number): string {
  const places = Object.entries(traffic.places_ns).filter(([, ns]) => ns > 0)
  const rows = places.map(([place, ns]) => [`  ${PLACE_WORDS[place] ?? place}`, formatTime(ns), formatPercent(mean === 0 ? 0 : ns / mean), bar(mean === 0 ? 0 : ns / mean)])
  return table([['  where the time went', 'mean', 'share', ''], ...rows])
}

const BAR = 30

function bar(share: number): string {
  return '█'.repeat(Math.round(Math.min(1, share) * BAR))
}

/** More backends than this are summed up. */
const LISTED = 12

function backendsText(traffic: TrafficReport): string {
  const backends = Object.entries(traffic.backends)
  const chance = backends.length > 1 ? [fairChance(traffic.ok, backends.length)] : []
  const rows = backends.slice(0, LISTED).map(([name, count]) => [`  ${name}`, formatCount(count), formatPercent(count / traffic.ok), ...chance])
  const more = backends.length > LISTED ? `\n  and ${backends.length - LISTED} more` : ''
  return `${table([['  backend', 'answers', 'share', ...(chance.length > 0 ? ['by fair chance'] : [])], ...rows])}${more}${traffic.fairness_p === undefined ? '' : `\n  ${fairnessText(traffic.fairness_p)}`}`
}

/** What each of so many backends gets if every answer falls on one of them by chance: 95 of 100 times between these. */
function fairChance(answers: number, backends: number): string {
  const mean = answers / backends
  const spread = 1.96 * Math.sqrt(mean * (1 - 1 / backends))
  return `${formatCount(Math.max(0, mean - spread))} to ${formatCount(mean + spread)}`
}

/** Below this, chance alone hardly explains the shares. */
const UNLIKELY = 0.01

function fairnessText(p: number): string {
  if (p >= UNLIKELY) return `shares are what fair chance gives (p = ${p.toFixed(2)}): no sign of anything else`
  return `shares are not what fair chance gives (p ${p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`}): connections that live long, pods that came or went, affinity or a policy`
}

function namesText(dns: Report['dns'], paint: Paint): string {
  return isDnsReport(dns) ? dnsText(dns, paint) : ''
}

function nodesText(report: Report, paint: Paint): string {
  const nodes = Object.entries(report.nodes)
  if (nodes.length === 0) return ''
  const rows = nodes.slice(0, LISTED).map(([name, { rules, conntrack, cpu_busy, drops }]) => {
    const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0)
    return [`  ${name}`, formatCount(rules), formatCount(conntrack.entries_max), formatCount(conntrack.insert_failed), formatPercent(cpu_busy), formatCount(dropped)]
  })
  const more = nodes.length > LISTED ? `\n  and ${nodes.length - LISTED} more` : ''
  return paint.bold('nodes') + '\n' + table([['  node', 'rules', 'conntrack peak', 'insert failed', 'CPU busy', 'drops'], ...rows]) + more
}

function dropsText(report: Report, paint: Paint): string {
  const drops = Object.entries(report.drops)
  if (drops.length === 0) return ''
  return `${paint.bold('packets that nobody received')}\n${table(drops.map(([reason, count]) => [`  ${reason}`, formatCount(count)]))}`
}

function expectationsText(report: Report, paint: Paint): string {
  if (report.expectations.length === 0) return ''
  const lines = report.expectations.map(({ expect, value, ok, hint }) => {
    const measured = value === null ? `the report has no such figure${hint === undefined ? '' : `; ${hint}`}` : `measured ${inUnitOf(expect, value)}`
    return `  ${ok ? paint.good('✓') : paint.bad('✗')} ${expect}   ${measured}`
  })
  return `${paint.bold('expectations')}\n${lines.join('\n')}`
}

/** A figure as the expectation's own value is written. */
function inUnitOf(expect: string, value: number): string {
  const { unit = 'number', figure = '' } = parseExpectation(expect) ?? {}
  if (unit === 'time') return formatTime(value)
  if (unit === 'share') return formatPercent(value)
  return unitOf(figure) === 'time' ? `${value} ns` : String(value)
}

function isSummary(summary: object): summary is Summary {
  return 'p50' in summary
}
