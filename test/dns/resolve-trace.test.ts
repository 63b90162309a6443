import { readFileSync } from 'node:fs'
import type { Libc } from '../../src/dns/resolver/resolv-conf.ts'
import type { Family } from '../../src/dns/resolver/resolution.ts'
import { Trace, resolveTrace } from '../../src/dns/resolve-trace.ts'
import { newResolver } from '../../src/dns/resolver/new-resolver.ts'
import type { RecordedQuery, TraceResult } from '../../src/dns/resolve-trace.ts'
import { assert, suite } from '../kit.ts'
import { type ServerBehaviour, scriptedServer } from './scripted-server.ts'

/**
 * Every recorded lookup of glibc, musl and Go again, against the same scripted server: queries equal in name, type,
 * server, protocol, order and reuse of source ports; result equal; times within the recordings' jitter. The 19
 * recordings of BusyBox's nslookup are left out: it is a resolver of its own, and no pod's libc.
 */

type Row = [number, string, 'A' | 'AAAA', 'udp' | 'tcp', string, number, number, [number, number, number, number] | null]

interface Result {
  rc: number
  err?: string
  addrs?: string[]
  elapsed_ms?: number
}

interface Case {
  id: string
  libc: Libc | 'getent-hosts' | 'getent-ahosts'
  resolvConf: string
  name: string
  family: Family
  serverBehaviour: ServerBehaviour
  queries: Row[]
  results: Result[]
}

const { cases } = JSON.parse(readFileSync('test/vectors/resolver-traces.json', 'utf8')) as { cases: Case[] }

/**
 * The recording machine ran 16 of these at once on 2 CPUs: a wake-up came up to 15 ms late. Each of a lookup's times
 * is compared with that one bound, however many waits precede it.
 */
const JITTER_MS = 15

/**
 * Recordings whose own clock was further off than that, as can be seen without a model. Everything but their times is
 * compared; that they are off is asserted too, so that none stays here without need.
 */
const LATE_RECORDINGS = new Map([
  ['go/redis/ndots3', 'one exchange with an answer after 5 ms took 26 ms'],
  ['musl-1.2.5/redis.helm.svc.cluster.local/ndots2', 'one exchange with an answer after 5 ms took 22 ms'],
  ['musl-1.2.5/example.com/ndots16', 'its first exchange of 5 ms took 19 ms, the next one 6 ms'],
  ['musl-1.2.3/redis.helm.svc.cluster.local./3ns-dropdropclosed', 'the resend after 2500 ms was seen after 2480 ms: the first query was logged late'],
  ['musl-1.2.5/redis.helm.svc.cluster.local./3ns-dropdropclosed', 'the resend after 2500 ms was seen after 2487 ms: the first query was logged late'],
])

const EAI = new Map([
  [-2, 'EAI_NONAME'],
  [-3, 'EAI_AGAIN'],
  [-4, 'EAI_FAIL'],
  [-5, 'EAI_NODATA'],
])

function recordedError(result: Result): string | undefined {
  if (result.rc === 0) return undefined
  if (result.rc === 1) return /no such host$/.test(result.err ?? '') ? 'EAI_NONAME' : 'EAI_AGAIN' // Go
  return EAI.get(result.rc)
}

/** Replays a case; `getent hosts` is gethostbyname2(), which asks for AAAA everywhere and then for A everywhere. */
function replay(recorded: Case): { queries: RecordedQuery[]; results: TraceResult[] } {
  const server = scriptedServer(recorded.serverBehaviour)
  const trace = new Trace(server)
  const isGetent = recorded.libc.startsWith('getent')
  const resolve = newResolver(isGetent ? 'glibc' : (recorded.libc as Libc), recorded.resolvConf, trace)
  if (recorded.libc === 'getent-hosts') {
    const v6 = trace.run(resolve(recorded.name, 'inet6'))
    const results = [v6.ok ? v6 : trace.run(resolve(recorded.name, 'inet'))]
    return { queries: trace.queries, results }
  }
  const results = recorded.results.map(() => trace.run(resolve(recorded.name, recorded.family)))
  return { queries: trace.queries, results }
}

function row(query: RecordedQuery): Row {
  const { reply } = query
  const summary: Row[7] = reply === 'none' ? null : [reply.afterMs, reply.rcode, reply.answers, reply.tc === true ? 1 : 0]
  return [query.t_ms, query.qname, query.qtype, query.proto, query.server, query.srcPortIndex, query.edns ?? 0, summary]
}

/** All but the time. */
function facts(rows: Row[]): string[] {
  return rows.map(([, ...rest]) => JSON.stringify(rest))
}

/**
 * Go asks for A and AAAA in two goroutines, in an order that its scheduler chooses (and `rotate` deals the servers out
 * in that order): each name's questions are compared as a set, after the order of the names themselves.
 */
function goFacts(rows: Row[], rotates: boolean): unknown {
  const names = [...new Set(rows.map((r) => r[1]))]
  const pick = ([, qname, qtype, proto, server, , edns, reply]: Row): string => JSON.stringify([qname, rotates ? '' : `${qtype} ${server}`, proto, edns, rotates ? '' : reply])
  return [names, rows.map(pick).sort(), rows.map((r) => r[4]).sort(), rows.map((r) => r[2]).sort(), rows.map((r) => r[5])]
}

function byQuestion(rows: Row[]): Row[] {
  return [...rows].sort((a, b) => (a[1] + a[2] < b[1] + b[2] ? -1 : a[1] + a[2] > b[1] + b[2] ? 1 : a[0] - b[0]))
}

const replays = suite('recorded lookups')

for (const recorded of cases) {
  replays(`${recorded.id} is replayed`, () => {
    const { queries, results } = replay(recorded)
    const rows = queries.map(row)
    const isGo = recorded.libc === 'go'
    if (isGo) {
      const rotates = recorded.resolvConf.includes('rotate')
      assert.equal(goFacts(rows, rotates), goFacts(recorded.queries, rotates))
    } else assert.equal(facts(rows), facts(recorded.queries))
    const mine = isGo ? byQuestion(rows) : rows
    const theirs = isGo ? byQuestion(recorded.queries) : recorded.queries
    const off = mine.map((r, i) => Math.abs(r[0] - (theirs[i]?.[0] ?? 0)))
    recorded.results.forEach((expected, i) => {
      const result = results[i] as TraceResult
      assert.is(result.ok, expected.rc === 0)
      if (recorded.libc.startsWith('getent')) return // it prints, and its exit code is not an error code
      assert.is(result.error, recordedError(expected))
      assert.equal([...result.addresses], expected.addrs ?? [])
      off.push(Math.abs(result.elapsed_ms - (expected.elapsed_ms ?? 0)))
    })
    const furthest = Math.max(0, ...off)
    if (LATE_RECORDINGS.has(recorded.id)) assert.ok(furthest > JITTER_MS, 'this recording is not late')
    else assert.ok(furthest <= JITTER_MS, `a time is ${furthest} ms off`)
  })
}

replays.run()

const contract = suite('resolveTrace')

const POD = 'nameserver 10.96.0.10\nsearch helm.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5'
const LIBCS: Libc[] = ['glibc', 'musl-1.2.3', 'musl-1.2.5', 'go']
const normal = scriptedServer({ mode: 'normal' })

contract('gives a refused query to the server but does not list it', () => {
  const { queries, result } = resolveTrace({ libc: 'go', resolvConf: 'nameserver 10.96.0.12\n', name: 'redis', family: 'inet', server: () => 'refuse' })
  assert.equal(queries, [])
  assert.equal(result, { ok: false, error: 'EAI_AGAIN', addresses: [], elapsed_ms: 0 })
})

contract('asks nobody about an address', () => {
  for (const libc of LIBCS) {
    const { queries, result } = resolveTrace({ libc, resolvConf: POD, name: '10.96.0.1', family: 'unspec', server: normal })
    assert.equal([queries, result], [[], { ok: true, addresses: ['10.96.0.1'], elapsed_ms: 0 }])
  }
})

contract('asks nobody about a name that fits no question', () => {
  for (const libc of LIBCS) {
    for (const name of [`${'a'.repeat(64)}.com.`, `${'abcdefgh.'.repeat(29)}com.`, 'two..dots.']) {
      const { queries, result } = resolveTrace({ libc, resolvConf: POD, name, family: 'unspec', server: normal })
      assert.equal([queries, result.error], [[], 'EAI_NONAME'], `${libc} ${name}`)
    }
  }
})

contract('passes over candidates that are too long, but musl 1.2.3 stops there', () => {
  const resolvConf = `nameserver 10.96.0.10\nsearch ${'x'.repeat(40)}.example short\noptions ndots:5\n`
  const name = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(55)).join('.')
  const asked = (libc: Libc): number => resolveTrace({ libc, resolvConf, name, family: 'inet', server: normal }).queries.length
  assert.equal(asked('musl-1.2.3'), 0)
  assert.equal(asked('musl-1.2.5'), 2)
  assert.equal(asked('go'), 2)
  assert.equal(asked('glibc'), 1, 'glibc goes on with the name as typed')
})

contract('lets glibc wait for ever on a TCP connection that stays silent', () => {
  const { result } = resolveTrace({ libc: 'glibc', resolvConf: `${POD} use-vc`, name: 'redis', family: 'unspec', server: () => 'drop' })
  assert.equal(result, { ok: false, error: 'EAI_AGAIN', addresses: [], elapsed_ms: Number.POSITIVE_INFINITY })
})

contract('lets a serial glibc wait out its timeout when its first question is rejected', () => {
  const rejecting = scriptedServer({ mode: 'rcode', rcode: 2, types: ['A'] })
  const { queries } = resolveTrace({ libc: 'glibc', resolvConf: `${POD} single-request timeout:1`, name: 'redis.', family: 'unspec', server: rejecting })
  assert.equal(queries.map((q) => [q.qtype, Math.round(q.t_ms / 1000)]), [['A', 0], ['A', 1]])
})

contract('stops Go, whose attempts have no limit, at 100,000 events', () => {
  const endless = 'nameserver 10.96.0.10\noptions attempts:99999999'
  assert.throws(() => resolveTrace({ libc: 'go', resolvConf: endless, name: 'redis', family: 'unspec', server: scriptedServer({ mode: 'rcode', rcode: 2 }) }), /limit of 100000 events/)
})

contract.run()
