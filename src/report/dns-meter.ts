import type { LookupsListener } from '../dns/lookups.ts'
import type { DnsMessage } from '../dns/records/message.ts'
import type { LookupResult, Transport } from '../dns/resolver/resolution.ts'
import type { Query } from '../dns/wire.ts'
import { Histogram, type Summary } from './histogram.ts'
import { add, sortedCounts, type Counts } from './traffic-meter.ts'

/** What `run -o json` prints as `dns`. Times in ns. */
export interface DnsReport {
  /** Which libc the senders have, and how that is known: so many of each. */
  resolvers: Record<string, number>
  /** getaddrinfo() calls that asked somebody, and those that the application answered from its own cache. */
  lookups: number
  remembered: number
  failed: number
  queries: number
  queries_per_lookup: number
  lookup_ns: Summary | Record<string, never>
  /** Lookups that failed, by EAI code. */
  failures: Record<string, number>
  /** What the senders heard; `no answer` is what they never heard. */
  rcodes: Record<string, number>
  /** The servers on the way, from the nearest on. */
  layers: Record<string, LayerReport>
  /** The names that the senders asked for most. */
  names: Record<string, number>
  /** DNS packets that a machine let go of: `AAAA redis.default.svc.cluster.local: conntrack: insert failed`. */
  lost: Record<string, number>
  /** Why nobody answered, where that is known, and what kubelet had to say about a sender's resolv.conf. */
  notes: string[]
}

/** Does the report say anything of names? */
export function isDnsReport(dns: DnsReport | Record<string, never>): dns is DnsReport {
  return 'lookups' in dns
}

export interface LayerReport {
  queries: number
  /** Mean time that it had a question, and the time of its own upstreams is part of it. */
  mean_ns: number
  /** Answers from its cache; absent where it has none. */
  hits?: number
  misses?: number
  /** Datagrams that found its receive buffer full. */
  overflowed: number
  rcodes: Record<string, number>
}

/** RFC 1035 and 2136, the codes that servers here give. */
const RCODES: Readonly<Record<number, string>> = { 0: 'NOERROR', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP', 5: 'REFUSED' }

export function rcodeName({ rcode, answers }: DnsMessage): string {
  return rcode === 0 && answers.length === 0 ? 'NODATA' : (RCODES[rcode] ?? `RCODE${rcode}`)
}

/** One kind of server. */
export class LayerMeter {
  readonly rcodes: Counts = new Map()
  #queries = 0
  #time = 0
  #overflowed = 0

  replied(message: DnsMessage, took: number): void {
    this.#queries++
    this.#time += took
    add(this.rcodes, rcodeName(message))
  }

  overflowed(): void {
    this.#overflowed++
  }

  get isIdle(): boolean {
    return this.#queries === 0 && this.#overflowed === 0
  }

  report(cache: { hits: number; misses: number } | undefined): LayerReport {
    return {
      queries: this.#queries,
      mean_ns: this.#queries === 0 ? 0 : Math.round(this.#time / this.#queries),
      ...cache,
      overflowed: this.#overflowed,
      rcodes: sortedCounts(this.rcodes),
    }
  }
}

/** Names that are listed. */
const LISTED = 10

/** What is measured of all lookups of a run. */
export class DnsMeter implements LookupsListener {
  readonly resolvers: Counts = new Map()
  readonly lost: Counts = new Map()
  readonly #took = new Histogram()
  readonly #failures: Counts = new Map()
  readonly #rcodes: Counts = new Map()
  readonly #names: Counts = new Map()
  #remembered = 0
  #queries = 0
  #answers = 0

  sent(_query: Query, _server: string, _transport: Transport): void {
    this.#queries++
  }

  answered(message: DnsMessage): void {
    this.#answers++
    add(this.#rcodes, rcodeName(message))
  }

  ended(name: string, { error }: LookupResult, _queries: number, took: number): void {
    add(this.#names, name)
    this.#took.record(took)
    if (error !== undefined) add(this.#failures, error)
  }

  remembered(name: string): void {
    this.#remembered++
    add(this.#names, name)
  }

  report(layers: Record<string, LayerReport>, notes: string[]): DnsReport {
    const lookups = this.#took.count
    const rcodes = new Map(this.#rcodes)
    if (this.#queries > this.#answers) rcodes.set('no answer', this.#queries - this.#answers)
    const names = [...this.#names].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, LISTED)
    return {
      resolvers: sortedCounts(this.resolvers),
      lookups,
      remembered: this.#remembered,
      failed: [...this.#failures.values()].reduce((sum, count) => sum + count, 0),
      queries: this.#queries,
      queries_per_lookup: lookups === 0 ? 0 : Math.round((this.#queries / lookups) * 1e4) / 1e4,
      lookup_ns: this.#took.summary() ?? {},
      failures: sortedCounts(this.#failures),
      rcodes: sortedCounts(rcodes),
      layers,
      names: Object.fromEntries(names),
      lost: sortedCounts(this.lost),
      notes,
    }
  }
}
