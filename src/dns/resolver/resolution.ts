import type { Nanos } from '../../engine/agenda.ts'

/**
 * What a stub resolver and the machine it runs on say to each other. A resolver knows nothing of packets: it opens
 * sockets and sends questions through its host, waits until a deadline, and is told what happened meanwhile.
 */

export type Family = 'unspec' | 'inet' | 'inet6'
export type AddressType = 'A' | 'AAAA'
export type Transport = 'udp' | 'tcp'

/** Response codes that resolvers treat differently (RFC 1035 4.1.1). */
export const NOERROR = 0
export const SERVFAIL = 2
export const NXDOMAIN = 3
export const NOTIMP = 4
export const REFUSED = 5

export interface Question {
  /** The message ID: retransmissions keep it, and a late answer to the first one counts. */
  readonly id: number
  /** Without the trailing dot. */
  readonly name: string
  readonly type: AddressType
  /** UDP payload size announced with EDNS(0); 0 is a query without it. */
  readonly edns: number
}

export interface Reply {
  readonly id: number
  readonly rcode: number
  readonly truncated: boolean
  /** The answer section: an address, or the target of a CNAME. */
  readonly answers: readonly string[]
}

/** A socket of the host, by number. */
export type Socket = number

/** The machine under a resolver. */
export interface ResolverHost {
  now(): Nanos
  /** A UDP socket with a port of its own. ICMP errors reach it only when it is connected to a server. */
  openUdp(connectedTo: string | null): Socket
  /** A TCP connection; what is sent before it is established waits. */
  openTcp(server: string): Socket
  send(socket: Socket, server: string, question: Question): void
  /** Nothing that arrives later is delivered. */
  close(socket: Socket): void
}

/** What a resolver is told. `from`: the server's address; `refused`: ECONNREFUSED; `closed`: the peer ended a TCP connection before it answered. */
export type ResolverEvent =
  | { readonly kind: 'answer'; readonly socket: Socket; readonly from: string; readonly reply: Reply }
  | { readonly kind: 'refused' | 'closed'; readonly socket: Socket }
  | typeof TIME_IS_UP

export const TIME_IS_UP = { kind: 'timeout' } as const

/** The deadline of one who waits without a limit. */
export const NEVER = Number.POSITIVE_INFINITY

export type LookupError = 'EAI_NONAME' | 'EAI_AGAIN' | 'EAI_NODATA' | 'EAI_FAIL'

export interface LookupResult {
  readonly error?: LookupError
  /** In the order in which the application sees them. */
  readonly addresses: readonly string[]
}

/**
 * A part of a lookup that runs by itself between waits: it yields the deadline until which it waits and is resumed
 * with the next event. The C and Go sources are sequential and block in poll(); a generator lets us read the same.
 */
export type Steps<Result> = Generator<Nanos, Result, ResolverEvent>

/** A whole lookup: `next()` starts it, `next(event)` goes on, `done` carries the result. */
export type Resolution = Steps<LookupResult>

export const MILLISECOND: Nanos = 1e6
export const SECOND: Nanos = 1e9

/**
 * When a poll() that should end at `deadline` really ends: the kernel lets it oversleep by 0.1 % of its timeout, so
 * that timers can be batched (fs/select.c, select_estimate_accuracy), and an idle CPU uses all of that.
 */
export function pollUntil(now: Nanos, deadline: Nanos): Nanos {
  return deadline + Math.round((deadline - now) / 1000)
}

/** The questions of one candidate, A before AAAA as all resolvers have it. */
export function typesOf(family: Family): AddressType[] {
  if (family === 'inet') return ['A']
  if (family === 'inet6') return ['AAAA']
  return ['A', 'AAAA']
}
