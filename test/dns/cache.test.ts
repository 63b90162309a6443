import { Cache, type CacheOptions, DEFAULT_CACHE } from '../../src/dns/coredns/cache.ts'
import { emptyAnswer, type DnsMessage, type DnsQuestion, type ResourceRecord } from '../../src/dns/records/message.ts'
import { assert, test } from '../kit.ts'

const SECOND = 1e9
const QUESTION: DnsQuestion = { name: 'a.example', type: 'A' }

function soa(ttl: number): ResourceRecord {
  return { name: 'example', type: 'SOA', ttl, mname: 'ns', rname: 'h', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: ttl }
}

function positive(...ttls: number[]): DnsMessage {
  return { ...emptyAnswer(QUESTION, 0), answers: ttls.map((ttl, i) => ({ name: 'a.example', type: 'A', ttl, address: `10.0.0.${i}` })) }
}

function negative(rcode: number, ttl: number): DnsMessage {
  return { ...emptyAnswer(QUESTION, rcode), authority: [soa(ttl)] }
}

function cacheWith(options: Partial<CacheOptions> = {}): Cache {
  return new Cache({ ...DEFAULT_CACHE, ...options }, () => 0.5)
}

/** kubeadm's `cache 30`. */
const THIRTY: Partial<CacheOptions> = { success: { ...DEFAULT_CACHE.success, maxTtl: 30 }, denial: { ...DEFAULT_CACHE.denial, maxTtl: 30 } }

/** For how many seconds an answer is kept. */
function keptFor(cache: Cache, message: DnsMessage): number {
  cache.put(QUESTION, message, 0)
  let seconds = 0
  while (cache.get(QUESTION, seconds * SECOND) !== undefined) seconds++
  return seconds
}

test('an answer is kept for its least TTL, between 5 s and the cap', () => {
  assert.is(keptFor(cacheWith(), positive(300, 60)), 60)
  assert.is(keptFor(cacheWith(), positive(0)), 5)
  assert.is(keptFor(cacheWith(), positive(100_000)), 3600)
  assert.is(keptFor(cacheWith(THIRTY), positive(300)), 30)
})

test('a denial is kept by its SOA, and not without one', () => {
  assert.is(keptFor(cacheWith(), negative(3, 60)), 60)
  assert.is(keptFor(cacheWith(), negative(0, 100_000)), 1800)
  assert.is(keptFor(cacheWith({ denial: { ...DEFAULT_CACHE.denial, maxTtl: 5 } }), negative(3, 30)), 5)
  assert.is(keptFor(cacheWith(), emptyAnswer(QUESTION, 3)), 0)
})

test('a SERVFAIL message is kept for 5 s, a refusal and what is truncated not at all', () => {
  assert.is(keptFor(cacheWith(), emptyAnswer(QUESTION, 2)), 5)
  assert.is(keptFor(cacheWith(), emptyAnswer(QUESTION, 5)), 0)
  assert.is(keptFor(cacheWith(), emptyAnswer(QUESTION, 1)), 0)
  assert.is(keptFor(cacheWith(), { ...positive(60), truncated: true }), 0)
})

test('the TTL of an answer is capped as it passes, and ages as it waits', () => {
  const cache = cacheWith(THIRTY)
  assert.is(cache.put(QUESTION, positive(300), 0).answers[0]?.ttl, 30)
  const ttlAt = (seconds: number): number | undefined => cache.get(QUESTION, seconds * SECOND)?.message.answers[0]?.ttl
  assert.equal([ttlAt(0), ttlAt(6), ttlAt(9.5)], [30, 24, 21])
})

test('names match in any case, types apart', () => {
  const cache = cacheWith()
  cache.put(QUESTION, positive(60), 0)
  assert.ok(cache.get({ name: 'A.Example', type: 'A' }, 0) !== undefined)
  assert.is(cache.get({ name: 'A.Example', type: 'A' }, 0)?.message.question.name, 'A.Example')
  assert.is(cache.get({ ...QUESTION, type: 'AAAA' }, 0), undefined)
})

test('denials are looked up first, but a kept SERVFAIL yields to a valid answer', () => {
  const denied = cacheWith()
  denied.put(QUESTION, positive(60), 0)
  denied.put(QUESTION, negative(3, 60), 0)
  assert.is(denied.get(QUESTION, 0)?.message.rcode, 3)
  const failed = cacheWith()
  failed.put(QUESTION, positive(60), 0)
  failed.put(QUESTION, emptyAnswer(QUESTION, 2), 0)
  assert.is(failed.get(QUESTION, 0)?.message.rcode, 0)
})

test('excluded zones are not kept, though their TTL is still capped', () => {
  const cache = cacheWith({ ...THIRTY, disableSuccess: ['example'], disableDenial: ['other'] })
  assert.is(cache.put(QUESTION, positive(300), 0).answers[0]?.ttl, 30)
  assert.is(cache.get(QUESTION, 0), undefined)
  cache.put(QUESTION, negative(3, 60), 0)
  assert.is(cache.get(QUESTION, 0)?.message.rcode, 3)
})

test('stale answers are served with TTL 0 for as long as is allowed', () => {
  const cache = cacheWith({ stale: { upTo: 60, verify: false } })
  cache.put(QUESTION, positive(10), 0)
  const stale = cache.get(QUESTION, 30 * SECOND)
  assert.equal([stale?.ttl, stale?.message.answers[0]?.ttl], [-20, 0])
  assert.is(cache.get(QUESTION, 70 * SECOND), undefined)
})

test('a popular item asks to be fetched again in its last tenth', () => {
  const cache = cacheWith({ prefetch: { amount: 3, duration: 60, percentage: 10 } })
  cache.put(QUESTION, positive(100), 0)
  const wants = (seconds: number): boolean | undefined => cache.get(QUESTION, seconds * SECOND)?.prefetch
  assert.equal([wants(50), wants(91), wants(92)], [false, false, true])
  const rare = cacheWith({ prefetch: { amount: 2, duration: 10, percentage: 90 } })
  rare.put(QUESTION, positive(100), 0)
  assert.equal([20, 40, 60].map((seconds) => rare.get(QUESTION, seconds * SECOND)?.prefetch), [false, false, false], 'hits that are too far apart start anew')
})

test('a question is fetched in the background once at a time', () => {
  const cache = cacheWith()
  cache.put(QUESTION, positive(100), 0)
  assert.equal([cache.startRefresh(QUESTION), cache.startRefresh(QUESTION)], [true, false])
  cache.endRefresh(QUESTION)
  assert.ok(cache.startRefresh(QUESTION))
})

test('a full cache holds 256 times its share and drops at random', () => {
  const cache = cacheWith()
  for (let i = 0; i < 30_000; i++) {
    const question: DnsQuestion = { name: `n${i}.example`, type: 'A' }
    cache.put(question, positive(60), 0)
  }
  assert.equal(cache.size, { success: 9984, denial: 0 })
})

test.run()
