import { GLIBC_PRECEDENCE, familyOf, orderAddresses } from './address-order.ts'
import type { Replies } from './glibc-datagrams.ts'
import { GlibcSender } from './glibc-send.ts'
import type { ResState } from './glibc-state.ts'
import { NOERROR, NXDOMAIN, SERVFAIL, typesOf } from './resolution.ts'
import type { AddressType, Family, LookupError, LookupResult, Reply, Resolution, ResolverHost, Steps } from './resolution.ts'
import { candidates, fitsQuestion } from './search-list.ts'

/** h_errno of netdb.h. */
type HostError = 'HOST_NOT_FOUND' | 'TRY_AGAIN' | 'NO_RECOVERY' | 'NO_DATA'

/** getaddrinfo() of glibc 2.36 with `hosts: dns` (nss/getaddrinfo.c, resolv/nss_dns/dns-host.c). */
export function* resolveGlibc(host: ResolverHost, state: ResState, name: string, family: Family): Resolution {
  const literal = familyOf(name)
  if (literal !== undefined) return literal === family || family === 'unspec' ? { addresses: [name] } : fail('EAI_NONAME')
  const types = state.conf.noAaaa && family === 'unspec' ? typesOf('inet') : typesOf(family)
  const sender = new GlibcSender(host, state)
  // The caller's result buffer doubles until the addresses fit, and each time the whole search is repeated.
  for (let buffer = 1024; ; buffer *= 2) {
    const found = yield* search(sender, name, types)
    if (typeof found === 'string') return fail(GAI_ERROR[found])
    const addresses = addressesOf(found)
    if (addresses.length === 0) return fail('EAI_NONAME') // a CNAME that leads nowhere
    if (resultSize(name, addresses, family) <= buffer) return { addresses: orderAddresses(addresses, GLIBC_PRECEDENCE) }
  }
}

const GAI_ERROR: Record<HostError, LookupError> = {
  HOST_NOT_FOUND: 'EAI_NONAME',
  NO_RECOVERY: 'EAI_NONAME',
  TRY_AGAIN: 'EAI_AGAIN',
  NO_DATA: 'EAI_NODATA',
}

function fail(error: LookupError): LookupResult {
  return { error, addresses: [] }
}

/** __res_context_search (resolv/res_query.c): the candidates in order, until one has an address or the rest is not worth a try. */
function* search(sender: GlibcSender, name: string, types: readonly AddressType[]): Steps<Replies | HostError> {
  let asTypedFirst: HostError | undefined
  let last: HostError | undefined
  let sawNoData = false
  let sawServfail = false
  let searching = true
  for (const candidate of candidates(name, sender.state.conf, 'as-typed-first')) {
    if (!searching && !candidate.asTyped) continue
    const outcome = yield* query(sender, candidate.name, types)
    if (typeof outcome !== 'string') return outcome
    if (candidate.asTyped && last === undefined) asTypedFirst = outcome
    last = outcome
    if (candidate.asTyped) continue
    if (sender.error === 'ECONNREFUSED') return 'TRY_AGAIN'
    if (outcome === 'NO_DATA') sawNoData = true
    else if (outcome === 'TRY_AGAIN' && sender.progress.firstRcode === SERVFAIL) sawServfail = true
    // A timeout or a refusal ends the search list, but the name as typed is still tried.
    else if (outcome !== 'HOST_NOT_FOUND') searching = false
  }
  if (asTypedFirst !== undefined) return asTypedFirst
  if (sawNoData) return 'NO_DATA'
  return sawServfail ? 'TRY_AGAIN' : (last ?? 'HOST_NOT_FOUND')
}

/** __res_context_query (resolv/res_query.c): one name, both types; what the pair of replies amounts to. */
function* query(sender: GlibcSender, name: string, types: readonly AddressType[]): Steps<Replies | HostError> {
  sender.progress.firstRcode = NOERROR
  sender.error = undefined
  if (!fitsQuestion(name)) return 'NO_RECOVERY'
  // no-aaaa answers an AAAA question by itself, as if there were no such record.
  if (sender.state.conf.noAaaa && types[0] === 'AAAA') return 'NO_DATA'
  const replies = yield* sender.exchange(name, types)
  if (replies === undefined) return 'TRY_AGAIN'
  const first = replies.first ?? replies.second
  const second = replies.second ?? first
  if (first === null || second === null) throw new Error('this is a bug in the glibc resolver: an exchange ended without a reply')
  if (hasAnswers(first) || hasAnswers(second)) return replies
  const rcode = first.rcode === NOERROR ? second.rcode : first.rcode
  if (rcode === NXDOMAIN) return 'HOST_NOT_FOUND'
  if (rcode === SERVFAIL) return 'TRY_AGAIN'
  return rcode === NOERROR ? 'NO_DATA' : 'NO_RECOVERY'
}

function hasAnswers(reply: Reply): boolean {
  return reply.rcode === NOERROR && reply.answers.length > 0
}

function addressesOf(replies: Replies): string[] {
  const addresses: string[] = []
  for (const reply of [replies.first, replies.second]) {
    if (reply === null || reply.rcode !== NOERROR) continue
    for (const answer of reply.answers) if (familyOf(answer) !== undefined) addresses.push(answer)
  }
  return addresses
}

/**
 * Bytes that nss_dns needs in the caller's buffer: for AF_UNSPEC a struct gaih_addrtuple each, for one family an
 * address and a pointer each plus the two NULLs that end the lists; and the name.
 */
function resultSize(name: string, addresses: readonly string[], family: Family): number {
  const nameSize = Math.ceil((name.length + 1) / 8) * 8
  if (family === 'unspec') return nameSize + 40 * addresses.length
  return nameSize + 16 + (family === 'inet' ? 12 : 24) * addresses.length
}
