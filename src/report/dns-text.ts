import type { DnsReport } from './dns-meter.ts'
import { table } from './table.ts'
import type { Paint } from './paint.ts'
import { formatCount, formatPercent, formatTime, significant } from './units.ts'

/** The part of a run's report that is about names. */
export function dnsText(dns: DnsReport, paint: Paint): string {
  const { lookup_ns, lookups } = dns
  const time = 'p50' in lookup_ns ? `, p50 ${formatTime(lookup_ns.p50)}, p99 ${formatTime(lookup_ns.p99)}, max ${formatTime(lookup_ns.max)}` : ''
  const remembered = dns.remembered === 0 ? '' : `, ${formatCount(dns.remembered)} answered by the application's own cache`
  return [
    `${paint.bold('names')}  ${formatCount(lookups)} lookups of ${significant(dns.queries_per_lookup)} queries each${time}${remembered}`,
    ...counts('resolver', dns.resolvers),
    ...counts('heard', dns.rcodes),
    ...counts(paint.bad('failed'), dns.failures),
    ...counts(paint.bad('lost'), dns.lost),
    ...counts('asked most', dns.names),
    ...dns.notes.map((note) => `  ${paint.bad('note')}: ${note}`),
    layersText(dns),
  ].join('\n')
}

function counts(title: string, entries: Record<string, number>): string[] {
  const words = Object.entries(entries).map(([name, count]) => `${name} × ${formatCount(count)}`)
  return words.length === 0 ? [] : [`  ${title}: ${words.join(', ')}`]
}

function layersText({ layers }: DnsReport): string {
  const rows = Object.entries(layers).map(([name, { queries, mean_ns, hits, misses, overflowed, rcodes }]) => {
    const hitShare = hits === undefined || misses === undefined ? '' : formatPercent(hits / Math.max(1, hits + misses))
    const said = Object.entries(rcodes).map(([rcode, count]) => `${rcode} ${formatCount(count)}`)
    return [`  ${name}`, formatCount(queries), formatTime(mean_ns), hitShare, formatCount(overflowed), said.join(', ')]
  })
  return rows.length === 0 ? '  no server was reached' : table([['  server', 'queries', 'mean', 'cache hits', 'buffer full', 'answers'], ...rows])
}
