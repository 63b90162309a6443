import type { ScriptedReply, ScriptedServer, TraceQuery } from '../../src/dns/resolve-trace.ts'

/** The server that the recorded resolvers spoke to: its records, and how each recording's script spoils its answers. */

export interface Behaviour {
  mode?: string
  rtt_ms?: number
  delay_ms?: number
  types?: string[]
  names?: string[]
  n?: number
  rcode?: number
  tcp?: string
}

/** One behaviour, or one for each server address. */
export type ServerBehaviour = Behaviour | Record<string, Behaviour>

const NXDOMAIN = 3
/** Nobody listens there. */
const CLOSED_SERVER = '10.96.0.12'

const RECORDS = new Map<string, { A?: string[]; AAAA?: string[] }>([
  ['redis.helm.svc.cluster.local', { A: ['10.96.12.34'] }],
  ['dual.helm.svc.cluster.local', { A: ['10.96.12.35'], AAAA: ['fd00:10:96::35'] }],
  ['v6only.helm.svc.cluster.local', { AAAA: ['fd00:10:96::36'] }],
  ['headless.helm.svc.cluster.local', { A: ['10.10.0.11', '10.10.0.12', '10.10.0.13'] }],
  ['redis-0.headless.helm.svc.cluster.local', { A: ['10.10.0.11'] }],
  ['mid.helm.svc.cluster.local', { A: range('10.10.9', 26) }],
  ['big.helm.svc.cluster.local', { A: range('10.10.1', 60) }],
  ['big200.helm.svc.cluster.local', { A: range('10.10.20', 200) }],
  ['ext.helm.svc.cluster.local', { A: ['www.example.com', '192.0.2.11'], AAAA: ['www.example.com', '2001:db8::11'] }],
  ['web.default.svc.cluster.local', { A: ['10.96.1.1'] }],
  ['kubernetes.default.svc.cluster.local', { A: ['10.96.0.1'] }],
  ['10-10-100-37.web-svc.default.svc.cluster.local', { A: ['10.10.100.37'] }],
  ['example.com', { A: ['192.0.2.10'], AAAA: ['2001:db8::10'] }],
  ['www.example.com', { A: ['192.0.2.11'], AAAA: ['2001:db8::11'] }],
  ['a.b.c.d.e.com', { A: ['192.0.2.13'], AAAA: ['2001:db8::13'] }],
  ['v4.example.net', { A: ['192.0.2.12'] }],
  ['bare', { A: ['192.0.2.14'] }],
  ['bare2', { A: ['192.0.2.15'] }],
  ['bare2.svc.cluster.local', {}],
])

function range(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}.${i + 1}`)
}

/** What the name has, undefined if there is nothing there and nothing below it. */
function lookUp(name: string): { A?: string[]; AAAA?: string[] } | undefined {
  const found = RECORDS.get(name)
  if (found !== undefined) return found
  for (const known of RECORDS.keys()) if (known.endsWith(`.${name}`)) return {}
  return undefined
}

function answer(query: TraceQuery): { rcode: number; answers: string[] } {
  const found = lookUp(query.qname.toLowerCase().slice(0, -1))
  return found === undefined ? { rcode: NXDOMAIN, answers: [] } : { rcode: 0, answers: found[query.qtype] ?? [] }
}

const HEADER_AND_QUESTION = 12 + 1 + 1 + 4
const OPT_RECORD = 11
const RECORD_SIZE = { A: 16, AAAA: 28 }

function truncate(query: TraceQuery, rtt: number, full: { rcode: number; answers: string[] }): ScriptedReply {
  const room = (query.edns ?? 512) - HEADER_AND_QUESTION - (query.qname.length - 1) - (query.edns === undefined ? 0 : OPT_RECORD)
  const fits = Math.floor(room / RECORD_SIZE[query.qtype])
  if (query.proto === 'tcp' || full.answers.length <= fits) return { afterMs: rtt, ...full }
  return { afterMs: rtt, rcode: full.rcode, answers: full.answers.slice(0, fits), tc: true }
}

export function scriptedServer(script: ServerBehaviour): ScriptedServer {
  const seen = new Map<string, number>()
  return (query) => {
    if (query.server === CLOSED_SERVER) return 'refuse'
    const behaviour = 'mode' in script ? (script as Behaviour) : (script as Record<string, Behaviour>)[query.server]
    if (behaviour === undefined) throw new Error(`the script says nothing about ${query.server}`)
    const key = `${query.server} ${query.qtype}`
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    return behave(behaviour, query, count)
  }
}

function behave(behaviour: Behaviour, query: TraceQuery, count: number): ScriptedReply {
  const { mode, rtt_ms: rtt = 5, delay_ms = 0, n = 0, rcode = 0 } = behaviour
  const meant = (behaviour.types ?? ['A', 'AAAA']).includes(query.qtype)
  const named = (behaviour.names ?? []).includes(query.qname.toLowerCase().slice(0, -1))
  const error: ScriptedReply = { afterMs: rtt, rcode, answers: [] }
  if (query.proto === 'tcp' && behaviour.tcp === 'close') return 'refuse'
  if (mode === 'dropAll') return 'drop'
  if (mode === 'drop' && meant) return 'drop'
  if (mode === 'dropFirst' && meant && count <= n) return 'drop'
  if (mode === 'dropFor' && named) return 'drop'
  if (mode === 'rcode' && meant) return error
  if (mode === 'rcodeFirst' && meant && count <= n) return error
  if (mode === 'rcodeFor' && named) return error
  if (mode === 'tc' && query.proto === 'udp') return { afterMs: rtt, rcode: 0, answers: [], tc: true }
  return truncate(query, mode === 'delay' && meant ? delay_ms : rtt, answer(query))
}
