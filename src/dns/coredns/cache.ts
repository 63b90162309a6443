import type { Nanos } from '../../engine/agenda.ts'
import { below, type Random } from '../../engine/random.ts'
import type { DnsMessage, DnsQuestion, ResourceRecord } from '../records/message.ts'
import { isBelow } from '../records/name.ts'
import { NOERROR, NOTIMP, NXDOMAIN, SECOND, SERVFAIL } from '../resolver/resolution.ts'

/** `cache [TTL] { … }` of a Corefile; durations in seconds. */
export interface CacheOptions {
  readonly success: CacheLimits
  readonly denial: CacheLimits
  /** How long a SERVFAIL is kept. */
  readonly servfail: number
  /** Zones whose positive or negative answers are not kept. */
  readonly disableSuccess: readonly string[]
  readonly disableDenial: readonly string[]
  /** Hits that make an item worth fetching again before it expires; 0: off. */
  readonly prefetch: { readonly amount: number; readonly duration: number; readonly percentage: number }
  /** How long after its end an item may still be served; 0: off. `verify`: only if the upstream fails. */
  readonly stale: { readonly upTo: number; readonly verify: boolean }
}

interface CacheLimits {
  readonly capacity: number
  readonly maxTtl: number
  readonly minTtl: number
}

/** plugin/cache without arguments: 10000 items of each kind, an hour for what is, half an hour for what is not. */
export const DEFAULT_CACHE: CacheOptions = {
  success: { capacity: 10_000, maxTtl: 3600, minTtl: 5 },
  denial: { capacity: 10_000, maxTtl: 1800, minTtl: 5 },
  servfail: 5,
  disableSuccess: [],
  disableDenial: [],
  prefetch: { amount: 0, duration: 60, percentage: 10 },
  stale: { upTo: 0, verify: false },
}

type Kind = 'success' | 'denial' | 'error' | 'none'

interface Item {
  readonly key: string
  readonly message: DnsMessage
  /** Seconds. */
  readonly ttl: number
  readonly stored: Nanos
  hits: number
  lastHit: Nanos
  refreshing: boolean
  /** The message as it was given out last, for all hits within the same second. */
  aged: DnsMessage
  agedTtl: number
}

export interface CacheHit {
  readonly message: DnsMessage
  /** Seconds left; 0 or less for an item past its end that `serve_stale` allows. */
  readonly ttl: number
  /** It is popular and about to expire: fetch it again in the background. */
  readonly prefetch: boolean
}

/** Seconds; dnsutil.MinimalDefaultTTL and MaximumDefaulTTL. */
const SHORT_TTL = 5
const LONG_TTL = 3600

/** The state of CoreDNS's `cache` plugin (plugin/cache): what is kept, how long, and what is given out. */
export class Cache {
  hits = 0
  misses = 0
  readonly #options: CacheOptions
  readonly #success: Shards
  readonly #denial: Shards

  constructor(options: CacheOptions, random: Random) {
    this.#options = options
    this.#success = new Shards(options.success.capacity, random)
    this.#denial = new Shards(options.denial.capacity, random)
  }

  /** What is known about a question, aged by the time it was kept. Denials are looked up first. */
  get(question: DnsQuestion, now: Nanos): CacheHit | undefined {
    const key = keyOf(question)
    const shard = shardOf(key)
    const denial = this.#valid(this.#denial.get(key, shard), now)
    const success = denial === undefined || denial.message.rcode === SERVFAIL ? this.#valid(this.#success.get(key, shard), now) : undefined
    const item = success ?? denial
    if (item === undefined) {
      this.misses++
      return undefined
    }
    this.hits++
    const ttl = ttlLeft(item, now)
    return { message: agedMessage(item, question, Math.max(0, ttl)), ttl, prefetch: this.#shouldPrefetch(item, ttl, now) }
  }

  /** Keeps an answer if it may be kept; returns it as it is to be sent, with the TTL that it was given here. */
  put(question: DnsQuestion, message: DnsMessage, now: Nanos, isPrefetch = false): DnsMessage {
    const kind = kindOf(message)
    const ttl = this.#ttlOf(message, kind)
    const name = question.name.toLowerCase()
    if (!message.truncated && kind !== 'none' && ttl > 0) {
      const key = keyOf(question)
      const excluded = kind === 'success' ? this.#options.disableSuccess : this.#options.disableDenial
      if (!excluded.some((zone) => isBelow(name, zone))) {
        const item: Item = { key, message, ttl, stored: now, hits: 0, lastHit: Number.NEGATIVE_INFINITY, refreshing: false, aged: message, agedTtl: -1 }
        const shards = kind === 'success' ? this.#success : this.#denial
        const before = shards.get(key)
        // A prefetched item inherits the popularity of the one it replaces.
        if (isPrefetch && before !== undefined) [item.hits, item.lastHit] = [before.hits, before.lastHit]
        shards.set(item)
        if (isPrefetch && kind === 'success') this.#denial.delete(key)
      }
    }
    return withTtl(message, ttl)
  }

  /** Marks a question as being fetched in the background. False if it is already. */
  startRefresh(question: DnsQuestion): boolean {
    const key = keyOf(question)
    const item = this.#success.get(key) ?? this.#denial.get(key)
    if (item === undefined || item.refreshing) return false
    item.refreshing = true
    return true
  }

  endRefresh(question: DnsQuestion): void {
    const key = keyOf(question)
    const item = this.#success.get(key) ?? this.#denial.get(key)
    if (item !== undefined) item.refreshing = false
  }

  get size(): { success: number; denial: number } {
    return { success: this.#success.size, denial: this.#denial.size }
  }

  #valid(item: Item | undefined, now: Nanos): Item | undefined {
    if (item === undefined) return undefined
    const ttl = ttlLeft(item, now)
    return ttl > 0 || -ttl < this.#options.stale.upTo ? item : undefined
  }

  #ttlOf(message: DnsMessage, kind: Kind): number {
    if (kind === 'error') return this.#options.servfail
    const { minTtl, maxTtl } = kind === 'denial' ? this.#options.denial : this.#options.success
    return Math.min(maxTtl, Math.max(minTtl, leastTtl(message, kind)))
  }

  #shouldPrefetch(item: Item, ttl: number, now: Nanos): boolean {
    const { amount, duration, percentage } = this.#options.prefetch
    if (amount === 0 || ttl <= 0) return false
    item.hits = item.lastHit < now - duration * SECOND ? 1 : item.hits + 1
    item.lastHit = now
    return item.hits >= amount && ttl <= Math.ceil((percentage / 100) * item.ttl)
  }
}

/** response.Typify: without an SOA a negative answer says nothing about how long it holds. */
function kindOf(message: DnsMessage): Kind {
  const hasSoa = message.authority.some((record) => record.type === 'SOA')
  if (message.rcode === NOERROR) return message.answers.length === 0 && hasSoa ? 'denial' : 'success'
  if (message.rcode === NXDOMAIN) return hasSoa ? 'denial' : 'none'
  return message.rcode === SERVFAIL || message.rcode === NOTIMP ? 'error' : 'none'
}

function leastTtl(message: DnsMessage, kind: Kind): number {
  const records = [...message.answers, ...message.authority, ...message.additional]
  if (kind === 'none' || records.length === 0) return SHORT_TTL
  return records.reduce((least, record) => Math.min(least, record.ttl), LONG_TTL)
}

function ttlLeft(item: Item, now: Nanos): number {
  return item.ttl - Math.floor((now - item.stored) / SECOND)
}

function agedMessage(item: Item, question: DnsQuestion, ttl: number): DnsMessage {
  if (item.agedTtl !== ttl) {
    item.aged = withTtl(item.message, ttl)
    item.agedTtl = ttl
  }
  return item.aged.question === question ? item.aged : { ...item.aged, question }
}

function withTtl(message: DnsMessage, ttl: number): DnsMessage {
  const change = (records: readonly ResourceRecord[]): readonly ResourceRecord[] => records.map((record) => (record.ttl === ttl ? record : { ...record, ttl }))
  return { ...message, answers: change(message.answers), authority: change(message.authority), additional: change(message.additional) }
}

function keyOf(question: DnsQuestion): string {
  return `${question.type} ${question.name.toLowerCase()}`
}

const SHARDS = 256
const LEAST_SHARD = 4

/** plugin/pkg/cache: 256 parts of equal size; a full one drops a random item, so that the cache fills unevenly. */
class Shards {
  readonly #capacity: number
  readonly #random: Random
  readonly #shards: Map<string, Item>[] = Array.from({ length: SHARDS }, () => new Map<string, Item>())

  constructor(capacity: number, random: Random) {
    this.#capacity = Math.max(LEAST_SHARD, Math.floor(capacity / SHARDS))
    this.#random = random
  }

  get size(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.size, 0)
  }

  get(key: string, shard = shardOf(key)): Item | undefined {
    return this.#shards[shard]?.get(key)
  }

  set(item: Item): void {
    const shard = this.#shards[shardOf(item.key)] as Map<string, Item> // as many as there are shards
    if (!shard.has(item.key) && shard.size >= this.#capacity) {
      const victim = [...shard.keys()][below(this.#random, shard.size)]
      if (victim !== undefined) shard.delete(victim)
    }
    shard.set(item.key, item)
  }

  delete(key: string): void {
    this.#shards[shardOf(key)]?.delete(key)
  }
}

/** FNV-1a; CoreDNS uses the 64-bit FNV, of which only the low byte chooses the shard. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5 | 0
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 16)) & (SHARDS - 1)
}
