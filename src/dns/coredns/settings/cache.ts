import { SECOND } from '../../resolver/resolution.ts'
import { type CacheOptions, DEFAULT_CACHE } from '../cache.ts'
import type { Directive } from '../corefile.ts'
import { type Complain, type Mutable, type Reader, duration, ignore, readBlock, wholeNumber, zonesOf } from './read.ts'

const CACHE_WORDS = new Map<string, Reader<Mutable<CacheOptions>>>([
  ['success', (cache, directive, complain) => (cache.success = limits(cache.success, directive, complain))],
  ['denial', (cache, directive, complain) => (cache.denial = limits(cache.denial, directive, complain))],
  ['servfail', (cache, directive, complain) => (cache.servfail = (duration(directive.args[0], directive, complain) ?? 0) / SECOND)],
  ['keepttl', ignore],
  [
    'disable',
    (cache, directive, complain) => {
      const [kind, ...zones] = directive.args
      if (kind === 'success') cache.disableSuccess = zones.length > 0 ? zonesOf(zones) : ['']
      else if (kind === 'denial') cache.disableDenial = zones.length > 0 ? zonesOf(zones) : ['']
      else complain({ line: directive.line, message: `disable: expected success or denial, but found '${kind ?? ''}'` })
    },
  ],
  [
    'prefetch',
    (cache, directive, complain) => {
      const [amount, span, share] = directive.args
      cache.prefetch = {
        amount: wholeNumber(amount, 0, Number.POSITIVE_INFINITY, directive, complain) ?? 0,
        duration: span === undefined ? cache.prefetch.duration : (duration(span, directive, complain) ?? 0) / SECOND,
        percentage: share === undefined ? cache.prefetch.percentage : (wholeNumber(share.replace(/%$/, ''), 10, 90, directive, complain) ?? 10),
      }
    },
  ],
  [
    'serve_stale',
    (cache, directive, complain) => {
      const span = directive.args.find((word) => word !== 'verify' && word !== 'immediate')
      const upTo = span === undefined ? 3600 : (duration(span, directive, complain) ?? 0) / SECOND
      cache.stale = { upTo, verify: directive.args.includes('verify') }
    },
  ],
])

/** `cache [TTL] [ZONES…] { … }`. */
export function readCache(directive: Directive, complain: Complain): CacheOptions {
  const cache: Mutable<CacheOptions> = { ...DEFAULT_CACHE }
  const [ttl] = directive.args
  if (ttl !== undefined && /^-?\d+$/.test(ttl)) {
    const maxTtl = wholeNumber(ttl, 1, Number.POSITIVE_INFINITY, directive, complain) ?? 1
    cache.success = { ...cache.success, maxTtl }
    cache.denial = { ...cache.denial, maxTtl }
  }
  readBlock(cache, directive, CACHE_WORDS, complain)
  return cache
}

/** `success CAPACITY [TTL] [MINTTL]`. */
function limits(before: CacheOptions['success'], directive: Directive, complain: Complain): CacheOptions['success'] {
  const [capacity, maxTtl, minTtl] = directive.args
  return {
    capacity: wholeNumber(capacity, 0, 1e8, directive, complain) ?? before.capacity,
    maxTtl: maxTtl === undefined ? before.maxTtl : (wholeNumber(maxTtl, 1, Number.POSITIVE_INFINITY, directive, complain) ?? before.maxTtl),
    minTtl: minTtl === undefined ? before.minTtl : (wholeNumber(minTtl, 0, Number.POSITIVE_INFINITY, directive, complain) ?? before.minTtl),
  }
}
