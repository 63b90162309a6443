import { Agenda, type Appointment } from '../engine/agenda.ts'
import { newResolver } from './resolver/new-resolver.ts'
import { MILLISECOND, TIME_IS_UP } from './resolver/resolution.ts'
import type { AddressType, Family, LookupError, Question, Resolution, ResolverEvent, ResolverHost, Socket, Transport } from './resolver/resolution.ts'
import type { Libc } from './resolver/resolv-conf.ts'

/** A query as the server sees it. */
export interface TraceQuery {
  /** Since the first query. */
  t_ms: number
  /** With the trailing dot. */
  qname: string
  qtype: AddressType
  proto: Transport
  server: string
  /** Source ports in the order of their first use. */
  srcPortIndex: number
  /** UDP payload size announced with EDNS(0); absent without it. */
  edns?: number
}

/** What a scripted server does: an answer after so many ms, nothing, or an ICMP port unreachable (over TCP: it closes the connection). */
export type ScriptedReply = { afterMs: number; rcode: number; answers: readonly string[]; tc?: boolean } | 'drop' | 'refuse'
export type ScriptedServer = (query: TraceQuery) => ScriptedReply

/** A query with what the server did. */
export interface RecordedQuery extends TraceQuery {
  reply: { afterMs: number; rcode: number; answers: number; tc?: boolean } | 'none'
}

/** What getaddrinfo() returns, and after how long. */
export interface TraceResult {
  ok: boolean
  error?: LookupError
  addresses: readonly string[]
  /** Infinity for a lookup that never returns: glibc reads from a TCP connection without a timeout. */
  elapsed_ms: number
}

/** One lookup, as seen from outside the process. */
export interface ResolveTrace {
  /** Those that reached a server: a refused one reached nobody. */
  queries: RecordedQuery[]
  result: TraceResult
}

/** Who looks up what, and who answers. */
export interface ResolveTraceInput {
  libc: Libc
  /** The text of /etc/resolv.conf. */
  resolvConf: string
  name: string
  /** `unspec` asks for A and AAAA, `inet` and `inet6` for one of them. */
  family: Family
  server: ScriptedServer
}

/**
 * One getaddrinfo() against a scripted server and a network without delay, as a new process would do it.
 * A TCP connection serves one question after the other.
 */
export function resolveTrace(input: ResolveTraceInput): ResolveTrace {
  const trace = new Trace(input.server)
  const resolve = newResolver(input.libc, input.resolvConf, trace)
  const result = trace.run(resolve(input.name, input.family))
  return { queries: trace.queries, result }
}

/** Far beyond what any of the libcs sends in one lookup with the options it accepts, but for Go's boundless `attempts`. */
const EVENT_LIMIT = 100_000

interface TraceSocket {
  readonly proto: Transport
  /** Hears of ICMP errors. */
  readonly connected: boolean
  portIndex: number | undefined
  open: boolean
  /** When a TCP server has done with the questions that came before. */
  busyUntil: number
}

/** The machine of a traced lookup: its clock, its sockets, and the server at the other end. */
export class Trace implements ResolverHost {
  readonly queries: RecordedQuery[] = []
  readonly #agenda = new Agenda()
  readonly #server: ScriptedServer
  readonly #sockets: TraceSocket[] = []
  #ports = 0
  #firstQueryAt: number | undefined
  #resolution: Resolution | undefined
  #alarm: Appointment | undefined
  #result: TraceResult | undefined

  constructor(server: ScriptedServer) {
    this.#server = server
    this.#agenda.limit = EVENT_LIMIT
  }

  /** Runs a lookup from now on until it returns. */
  run(resolution: Resolution): TraceResult {
    const startedAt = this.now()
    this.#resolution = resolution
    this.#result = undefined
    this.#resume(TIME_IS_UP) // what starts a generator is not read
    while (this.#result === undefined && this.#agenda.step()) {
      // each step is one event
    }
    const result: TraceResult = this.#result ?? { ok: false, error: 'EAI_AGAIN', addresses: [], elapsed_ms: Number.POSITIVE_INFINITY }
    if (this.#result !== undefined) result.elapsed_ms = (this.now() - startedAt) / MILLISECOND
    return result
  }

  now(): number {
    return this.#agenda.now
  }

  openUdp(connectedTo: string | null): Socket {
    return this.#open('udp', connectedTo !== null)
  }

  openTcp(): Socket {
    return this.#open('tcp', true)
  }

  send(socket: Socket, server: string, question: Question): void {
    const { busyUntil } = this.#socket(socket)
    const serve = (): void => this.#serve(socket, server, question)
    if (busyUntil > this.now()) this.#agenda.post(busyUntil, serve, undefined)
    else serve()
  }

  close(socket: Socket): void {
    this.#socket(socket).open = false
  }

  #open(proto: Transport, connected: boolean): Socket {
    return this.#sockets.push({ proto, connected, portIndex: undefined, open: true, busyUntil: 0 }) - 1
  }

  #socket(handle: Socket): TraceSocket {
    return this.#sockets[handle] as TraceSocket // handles are given out by #open alone
  }

  /** The server reads a question. */
  #serve(handle: Socket, server: string, question: Question): void {
    const socket = this.#socket(handle)
    if (!socket.open) return
    const query: TraceQuery = {
      t_ms: (this.now() - (this.#firstQueryAt ?? this.now())) / MILLISECOND,
      qname: `${question.name}.`,
      qtype: question.type,
      proto: socket.proto,
      server,
      srcPortIndex: socket.portIndex ?? this.#ports,
      ...(question.edns > 0 ? { edns: question.edns } : {}),
    }
    const reply = this.#server(query)
    if (reply === 'refuse') {
      if (socket.connected) this.#tellLater(0, { kind: socket.proto === 'udp' ? 'refused' : 'closed', socket: handle })
      return
    }
    this.#firstQueryAt ??= this.now()
    if (socket.portIndex === undefined) socket.portIndex = this.#ports++
    if (reply === 'drop') {
      this.queries.push({ ...query, reply: 'none' })
      return
    }
    const { afterMs, rcode, answers, tc = false } = reply
    this.queries.push({ ...query, reply: { afterMs, rcode, answers: answers.length, ...(tc ? { tc } : {}) } })
    if (socket.proto === 'tcp') socket.busyUntil = this.now() + Math.round(afterMs * MILLISECOND)
    this.#tellLater(afterMs, { kind: 'answer', socket: handle, from: server, reply: { id: question.id, rcode, truncated: tc, answers } })
  }

  #tellLater(afterMs: number, event: Exclude<ResolverEvent, typeof TIME_IS_UP>): void {
    const tell = (): void => {
      if (this.#socket(event.socket).open) this.#resume(event)
    }
    this.#agenda.post(this.now() + Math.round(afterMs * MILLISECOND), tell, undefined)
  }

  #resume(event: ResolverEvent): void {
    if (this.#alarm !== undefined) this.#agenda.cancel(this.#alarm)
    this.#alarm = undefined
    const step = (this.#resolution as Resolution).next(event) // set before anything can be told
    if (step.done) {
      const { error, addresses } = step.value
      this.#result = { ok: error === undefined, ...(error === undefined ? {} : { error }), addresses, elapsed_ms: 0 }
    } else if (Number.isFinite(step.value)) this.#alarm = this.#agenda.schedule(step.value, () => this.#resume(TIME_IS_UP), undefined)
  }
}
