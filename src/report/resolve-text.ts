import type { RecordType } from '../dns/records/message.ts'
import type { LookupError, Transport } from '../dns/resolver/resolution.ts'
import { table } from './table.ts'
import type { Paint } from './paint.ts'
import { formatCount, formatTime } from './units.ts'

/** A query as its sender saw it. Times in ns: since the call, and until its answer. */
export interface ResolvedQuery {
  at: number
  qname: string
  qtype: RecordType
  proto: Transport
  server: string
  /** `no answer` for what was never answered. */
  rcode: string
  took: number | null
  answers: string[]
}

/** What `resolve -o json` prints: one getaddrinfo() call. */
export interface Resolved {
  name: string
  resolver: string
  resolv_conf: string
  queries: ResolvedQuery[]
  /** Waits for an answer, one after the other: queries that are sent together share one. */
  rounds: number
  result: { ok: boolean; error?: LookupError; addresses: readonly string[]; elapsed_ns: number }
}

/** Addresses of one answer that are listed. */
const LISTED = 3

/** The walk of one name: every query, what came of it, and what it all costs whoever calls that name. */
export function resolveText(from: string, resolved: Resolved, paint: Paint): string {
  const { name, resolver, queries, result } = resolved
  const rows = queries.map(({ at, qname, qtype, proto, server, rcode, took, answers }) => {
    const shown = answers.slice(0, LISTED).join(', ') + (answers.length > LISTED ? ` and ${answers.length - LISTED} more` : '')
    return [`  +${formatTime(at)}`, qtype, qname, `${server} ${proto}`, rcode, took === null ? '' : formatTime(took), shown]
  })
  return [
    paint.bold(`${from} looks up ${name}`),
    paint.dim(`  ${resolver}`),
    ...resolved.resolv_conf.trimEnd().split('\n').map((line) => paint.dim(`  ${line}`)),
    '',
    ...(rows.length === 0 ? ['  nothing was asked'] : [table([['  sent', 'type', 'query', 'server', 'answer', 'time', ''], ...rows])]),
    '',
    result.ok ? paint.good(result.addresses.join(', ')) : paint.bad(`name not resolved (${result.error})`),
    costOf(resolved),
    '',
  ].join('\n')
}

function costOf({ queries, rounds, result }: Resolved): string {
  const answered = queries.filter(({ took }) => took !== null).length
  const count = (n: number, thing: string) => `${formatCount(n)} ${thing}${n === 1 ? '' : 's'}`
  return `each call by this name costs ${count(queries.length, 'query').replace('querys', 'queries')} and ${count(answered, 'answer')} in ${count(rounds, 'round')}: ${formatTime(result.elapsed_ns)} before its first packet`
}
