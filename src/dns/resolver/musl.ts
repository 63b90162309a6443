import type { Nanos } from '../../engine/agenda.ts'
import { RFC6724_PRECEDENCE, familyOf, orderAddresses } from './address-order.ts'
import { MILLISECOND, NOERROR, NXDOMAIN, SERVFAIL, pollUntil, typesOf } from './resolution.ts'
import type { Family, LookupError, Question, Reply, Resolution, ResolverHost, Socket, Steps } from './resolution.ts'
import type { ResolvConf } from './resolv-conf.ts'
import { candidates, fitsQuestion } from './search-list.ts'

/** MAXADDRS of src/network/lookup.h. */
const MAX_ADDRESSES = 48

/** What changed in musl 1.2.4. */
export interface MuslRelease {
  /** A truncated answer is asked for again over TCP. */
  readonly tcpFallback: boolean
  /** A candidate that is no valid name is passed over; before, it ended the search. */
  readonly skipsUnaskableNames: boolean
  /** The name exists, its addresses do not. */
  readonly noData: LookupError
}

export const MUSL_1_2_3: MuslRelease = { tcpFallback: false, skipsUnaskableNames: false, noData: 'EAI_NONAME' }
export const MUSL_1_2_5: MuslRelease = { tcpFallback: true, skipsUnaskableNames: true, noData: 'EAI_NODATA' }

/** getaddrinfo() of musl (src/network/lookup_name.c). It keeps nothing between lookups. */
export function* resolveMusl(host: ResolverHost, conf: ResolvConf, release: MuslRelease, name: string, family: Family): Resolution {
  const literal = familyOf(name)
  if (literal !== undefined && (literal === family || family === 'unspec')) return { addresses: [name] }
  if (literal === undefined) {
    for (const candidate of candidates(name, conf, 'as-typed-only')) {
      if (!fitsQuestion(candidate.name)) {
        if (release.skipsUnaskableNames) continue
        break
      }
      const outcome = yield* lookUp(host, conf, release, candidate.name, family)
      if (outcome === 'next') continue
      if (typeof outcome === 'string') return { error: outcome, addresses: [] }
      return { addresses: orderAddresses(outcome, RFC6724_PRECEDENCE) }
    }
  }
  return { error: 'EAI_NONAME', addresses: [] }
}

/** name_from_dns: any question without an answer fails the lookup, any NXDOMAIN means the next name. */
function* lookUp(host: ResolverHost, conf: ResolvConf, release: MuslRelease, name: string, family: Family): Steps<string[] | LookupError | 'next'> {
  const questions = typesOf(family).map((type, id) => ({ id, name, type, edns: 0 }))
  const replies = yield* new MuslSender(host, conf, release, questions).run()
  for (const reply of replies) {
    if (reply === undefined) return 'EAI_AGAIN'
    if (reply.rcode === NXDOMAIN) return 'next'
  }
  const addresses: string[] = []
  // AAAA is read before A, which matters to nobody until there are more than 48.
  for (const reply of replies.toReversed()) for (const answer of reply?.answers ?? []) if (familyOf(answer) !== undefined) addresses.push(answer)
  return addresses.length > 0 ? addresses.slice(0, MAX_ADDRESSES) : release.noData
}

/** __res_msend_rc (src/network/res_msend.c): all questions to all servers at once from one port, the first accepted answer of each counts. */
class MuslSender {
  readonly #host: ResolverHost
  readonly #conf: ResolvConf
  readonly #release: MuslRelease
  readonly #questions: readonly Question[]
  readonly #replies: (Reply | undefined)[]
  /** Connections that ask a truncated question again; such a question is no longer sent over UDP. */
  readonly #streams = new Map<Socket, number>()
  readonly #socket: Socket

  constructor(host: ResolverHost, conf: ResolvConf, release: MuslRelease, questions: readonly Question[]) {
    this.#host = host
    this.#conf = conf
    this.#release = release
    this.#questions = questions
    this.#replies = questions.map(() => undefined)
    this.#socket = host.openUdp(null)
  }

  *run(): Steps<readonly (Reply | undefined)[]> {
    const { timeout, attempts } = this.#conf
    const end = this.#host.now() + timeout * 1000 * MILLISECOND
    const interval = Math.floor((timeout * 1000) / attempts) * MILLISECOND
    for (let attempt = 1; attempt <= attempts && timeout > 0; attempt++) {
      this.#sendAll()
      // The last wait takes what the division left over; poll()'s oversleep leaves no time for another resend.
      const until = attempt === attempts ? end : this.#host.now() + interval
      if (yield* this.#collect(until)) break
    }
    this.#host.close(this.#socket)
    for (const stream of this.#streams.keys()) this.#host.close(stream)
    return this.#replies
  }

  #sendAll(): void {
    const overTcp = [...this.#streams.values()]
    for (const question of this.#questions) {
      if (this.#replies[question.id] !== undefined || overTcp.includes(question.id)) continue
      for (const server of this.#conf.nameservers) this.#host.send(this.#socket, server, question)
    }
  }

  /** Takes answers until the time is up. True when there is nothing more to wait for. */
  *#collect(until: Nanos): Steps<boolean> {
    let servfailRetries = 2 * this.#questions.length
    for (;;) {
      const event = yield pollUntil(this.#host.now(), until)
      if (event.kind === 'timeout') return false
      const streamed = this.#streams.get(event.socket)
      if (event.kind !== 'answer') {
        // The UDP socket is not connected, so that ICMP errors never reach it; a lost connection ends it all.
        if (streamed === undefined) continue
        return true
      }
      const { reply } = event
      if (streamed !== undefined) {
        if (!isAccepted(reply.rcode)) return true
        this.#replies[streamed] = reply
        this.#streams.delete(event.socket)
        this.#host.close(event.socket)
      } else {
        const question = this.#questions[reply.id]
        if (question === undefined || this.#replies[reply.id] !== undefined) continue
        if (reply.rcode === SERVFAIL && servfailRetries > 0) {
          servfailRetries--
          this.#host.send(this.#socket, event.from, question)
        }
        if (!isAccepted(reply.rcode)) continue
        if (reply.truncated && this.#release.tcpFallback) this.#askOverTcp(question, event.from)
        else this.#replies[reply.id] = reply
      }
      if (this.#replies.every((known) => known !== undefined)) return true
    }
  }

  #askOverTcp(question: Question, server: string): void {
    if ([...this.#streams.values()].includes(question.id)) return
    const stream = this.#host.openTcp(server)
    this.#streams.set(stream, question.id)
    this.#host.send(stream, server, question)
  }
}

/** SERVFAIL is asked again, other codes are as good as no answer. */
function isAccepted(rcode: number): boolean {
  return rcode === NOERROR || rcode === NXDOMAIN
}
