import type { Nanos } from '../../engine/agenda.ts'
import { below } from '../../engine/random.ts'
import type { DnsMessage, DnsQuestion } from '../records/message.ts'
import { isBelow } from '../records/name.ts'
import { REFUSED, SECOND, SERVFAIL, type Socket, type Transport } from '../resolver/resolution.ts'
import type { Handling, Request, ServerHost, Task, UpstreamEvent } from './handler.ts'

/** `forward FROM TO… { … }` of a Corefile. */
export interface ForwardOptions {
  readonly from: string
  readonly to: readonly string[]
  readonly except: readonly string[]
  readonly policy: 'random' | 'round_robin' | 'sequential'
  readonly forceTcp: boolean
  readonly preferUdp: boolean
  /** Failed probes after which an upstream counts as down; 0: never. */
  readonly maxFails: number
  readonly healthCheck: Nanos
  readonly expire: Nanos
  /** Queries at one time; 0: no limit. */
  readonly maxConcurrent: number
  /** Failed tries of one query; 0: as many as fit into its 5 s. */
  readonly maxConnectAttempts: number
  readonly failfast: boolean
}

export const DEFAULT_FORWARD: Omit<ForwardOptions, 'from' | 'to'> = {
  except: [],
  policy: 'random',
  forceTcp: false,
  preferUdp: false,
  maxFails: 2,
  healthCheck: 0.5 * SECOND,
  expire: 10 * SECOND,
  maxConcurrent: 0,
  maxConnectAttempts: 0,
  failfast: false,
}

// plugin/pkg/proxy and plugin/forward
const READ_TIMEOUT = 2 * SECOND
const PROBE_DIAL_TIMEOUT = 2 * SECOND
const PROBE_READ_TIMEOUT = 1 * SECOND
const QUERY_DEADLINE = 5 * SECOND
const LEAST_DIAL_TIMEOUT = 1 * SECOND
const MOST_DIAL_TIMEOUT = 30 * SECOND
const DIAL_WEIGHT = 4
const PROBE: DnsQuestion = { name: '', type: 'NS' }

interface PooledSocket {
  readonly socket: Socket
  usedAt: Nanos
}

/** proxy.Proxy: one upstream with its idle sockets, each of which serves one query at a time. */
class Upstream {
  readonly address: string
  readonly idle: Record<Transport, PooledSocket[]> = { udp: [], tcp: [] }
  fails = 0
  probing = false
  /** Moves a quarter of the way towards each dial, from 15 s: a new process waits long for a dead upstream. */
  averageDial: Nanos = MOST_DIAL_TIMEOUT / 2

  constructor(address: string) {
    this.address = address
  }

  dialTimeout(): Nanos {
    if (this.averageDial < LEAST_DIAL_TIMEOUT) return LEAST_DIAL_TIMEOUT
    return this.averageDial < MOST_DIAL_TIMEOUT / 2 ? 2 * this.averageDial : MOST_DIAL_TIMEOUT
  }

  learnDial(duration: Nanos): void {
    this.averageDial += Math.trunc((duration - this.averageDial) / DIAL_WEIGHT)
  }
}

/** CoreDNS's `forward` plugin (plugin/forward of 1.13): which upstream is asked, how often, and when it gives up. */
export class Forward {
  readonly options: ForwardOptions
  readonly #host: ServerHost
  readonly #upstreams: readonly Upstream[]
  #inFlight = 0
  #turn = 0

  constructor(options: ForwardOptions, host: ServerHost) {
    this.options = options
    this.#host = host
    this.#upstreams = options.to.map((address) => new Upstream(address))
  }

  matches(name: string): boolean {
    const lower = name.toLowerCase()
    return isBelow(lower, this.options.from) && !this.options.except.some((zone) => isBelow(lower, zone))
  }

  *serve(request: Request): Handling {
    const { maxConcurrent } = this.options
    if (maxConcurrent > 0 && this.#inFlight >= maxConcurrent) return { failure: REFUSED }
    this.#inFlight++
    const message = yield* this.#tryUpstreams(request)
    this.#inFlight--
    return message === undefined ? { failure: SERVFAIL } : { ...message, question: request.question }
  }

  /** A peer closed an idle connection: the next query would find out at once and take another. */
  forget(socket: Socket): void {
    for (const { idle } of this.#upstreams) idle.tcp = idle.tcp.filter((pooled) => pooled.socket !== socket)
  }

  *#tryUpstreams(request: Request): Task<DnsMessage | undefined> {
    const { maxFails, failfast, maxConnectAttempts } = this.options
    const deadline = this.#host.now() + QUERY_DEADLINE
    const list = this.#list()
    let down = 0
    let failures = 0
    for (let i = 0; this.#host.now() < deadline; i++) {
      if (i % list.length === 0) down = 0
      let upstream = list[i % list.length] as Upstream // the list is never empty
      if (maxFails > 0 && upstream.fails > maxFails) {
        if (++down < list.length) continue
        if (failfast) return undefined
        // All are down, so perhaps it is the probing that fails: one of them is tried once.
        upstream = this.#upstreams[below(this.#host.random, this.#upstreams.length)] as Upstream
      }
      const message = yield* this.#ask(upstream, request)
      if (message !== undefined) return message
      if (maxFails > 0) this.#startProbing(upstream)
      failures++
      if (down >= list.length || failures === maxConnectAttempts) return undefined
    }
    return undefined
  }

  #list(): readonly Upstream[] {
    const count = this.#upstreams.length
    if (this.options.policy === 'sequential' || count === 1) return this.#upstreams
    if (this.options.policy === 'round_robin') {
      const start = this.#turn++ % count
      return [...this.#upstreams.slice(start), ...this.#upstreams.slice(0, start)]
    }
    const list = [...this.#upstreams]
    for (let i = count - 1; i > 0; i--) {
      const j = below(this.#host.random, i + 1)
      const swapped = list[i] as Upstream // both indexes are below the length
      list[i] = list[j] as Upstream
      list[j] = swapped
    }
    return list
  }

  /** Proxy.Connect, again over TCP if prefer_udp brought a truncated answer. */
  *#ask(upstream: Upstream, request: Request): Task<DnsMessage | undefined> {
    const { forceTcp, preferUdp } = this.options
    const transport = forceTcp ? 'tcp' : preferUdp ? 'udp' : request.transport
    const message = yield* this.#exchange(upstream, transport, request)
    if (message?.truncated === true && preferUdp && !forceTcp) return yield* this.#exchange(upstream, 'tcp', request)
    return message
  }

  *#exchange(upstream: Upstream, transport: Transport, request: Request): Task<DnsMessage | undefined> {
    for (;;) {
      const pooled = this.#takeIdle(upstream, transport)
      const socket = pooled ?? (yield* this.#dial(upstream, transport))
      if (socket === undefined) return undefined
      this.#host.send(socket, request.question, request.edns)
      const event = yield* this.#await(socket, this.#host.now() + READ_TIMEOUT)
      if (event.kind === 'answer') {
        upstream.idle[transport].push({ socket, usedAt: this.#host.now() })
        return event.message
      }
      this.#host.close(socket)
      const wasClosedMeanwhile = pooled !== undefined && event.kind === 'closed'
      if (!wasClosedMeanwhile) return undefined
    }
  }

  /** The oldest idle socket that has not expired. */
  #takeIdle(upstream: Upstream, transport: Transport): Socket | undefined {
    for (;;) {
      const oldest = upstream.idle[transport].shift()
      if (oldest === undefined) return undefined
      if (this.#host.now() - oldest.usedAt <= this.options.expire) return oldest.socket
      this.#host.close(oldest.socket)
    }
  }

  *#dial(upstream: Upstream, transport: Transport): Task<Socket | undefined> {
    const startedAt = this.#host.now()
    if (transport === 'udp') {
      upstream.learnDial(0)
      return this.#host.openUdp(upstream.address)
    }
    const socket = this.#host.openTcp(upstream.address)
    const event = yield* this.#await(socket, startedAt + upstream.dialTimeout())
    upstream.learnDial(this.#host.now() - startedAt)
    if (event.kind === 'connected') return socket
    this.#host.close(socket)
    return undefined
  }

  *#await(socket: Socket, deadline: Nanos): Task<UpstreamEvent> {
    for (;;) {
      const event = yield deadline
      if (event.kind === 'timeout' || event.socket === socket) return event
    }
  }

  #startProbing(upstream: Upstream): void {
    if (upstream.probing) return
    upstream.probing = true
    this.#host.spawn(this.#probe(upstream))
  }

  /** up.Probe: asks until something answers, half a second after each failure. */
  *#probe(upstream: Upstream): Task<void> {
    const transport = this.options.forceTcp ? 'tcp' : 'udp'
    while (!(yield* this.#isAlive(upstream, transport))) {
      upstream.fails++
      const wakeAt = this.#host.now() + this.options.healthCheck
      while (this.#host.now() < wakeAt) yield wakeAt
    }
    upstream.fails = 0
    upstream.probing = false
  }

  /** `. NS`: any answer at all will do. */
  *#isAlive(upstream: Upstream, transport: Transport): Task<boolean> {
    const socket = transport === 'udp' ? this.#host.openUdp(upstream.address) : this.#host.openTcp(upstream.address)
    if (transport === 'tcp') {
      const dialled = yield* this.#await(socket, this.#host.now() + PROBE_DIAL_TIMEOUT)
      if (dialled.kind !== 'connected') {
        this.#host.close(socket)
        return false
      }
    }
    this.#host.send(socket, PROBE, 0)
    const event = yield* this.#await(socket, this.#host.now() + PROBE_READ_TIMEOUT)
    this.#host.close(socket)
    return event.kind === 'answer'
  }
}
