import type { Agenda } from '../engine/agenda.ts'
import { Timer } from '../engine/timer.ts'
import { formatAddress, parseAddress, type Address } from '../kernel/address.ts'
import type { Journey } from '../kernel/journey.ts'
import type { SocketError } from '../socket/errors.ts'
import type { Stack } from '../socket/stack.ts'
import type { TcpHandler, TcpSocket } from '../socket/tcp/socket.ts'
import type { Datagram, UdpHandler, UdpSocket } from '../socket/udp.ts'
import { QueryLedgers } from './query-ledgers.ts'
import type { DnsMessage } from './records/message.ts'
import type { Libc } from './resolver/resolv-conf.ts'
import { newResolver, type Resolve } from './resolver/new-resolver.ts'
import { TIME_IS_UP } from './resolver/resolution.ts'
import type { Family, LookupResult, Question, Reply, Resolution, ResolverEvent, ResolverHost, Socket, Transport } from './resolver/resolution.ts'
import { DNS_PORT, Query, queryBytes, Response } from './wire.ts'

/** Told of everything that resolvers send and hear. */
export interface ResolverListener {
  sent(query: Query, server: string, transport: Transport): void
  answered(message: DnsMessage): void
  /** A lookup is over after so many queries and ns. */
  ended(name: string, result: LookupResult, queries: number, took: number): void
}

/** Whoever called getaddrinfo(). `ledger` and `journey`: of the request that waits for the name. */
export interface Lookup {
  readonly name: string
  readonly family: Family
  readonly ledger: Float64Array | null
  readonly journey: Journey | null
  /** After so many queries. */
  found(result: LookupResult, queries: number): void
}

/** How the processes of one pod or machine resolve names. */
export interface ResolverSettings {
  readonly libc: Libc
  /** Text of /etc/resolv.conf. */
  readonly resolvConf: string
}

/** A socket of a lookup. */
interface Opened {
  readonly handle: Socket
  /** Whom the resolver thinks it talks to; '' for all. */
  readonly server: string
  /** Undefined: it could not be opened, which the resolver hears when it sends. */
  socket: UdpSocket | TcpSocket | undefined
}

/**
 * One thread that calls getaddrinfo(), one lookup at a time: drives a libc's resolver over the sockets of its namespace.
 * What a libc remembers from one lookup to the next belongs to the thread.
 */
export class ResolverThread implements ResolverHost, UdpHandler, TcpHandler {
  readonly #agenda: Agenda
  readonly #stack: Stack
  readonly #listener: ResolverListener
  readonly #resolve: Resolve
  readonly #alarm: Timer<ResolverThread>
  readonly #addresses = new Map<string, Address>()
  readonly #names = new Map<Address, string>()
  readonly #opened: (Opened | undefined)[] = []
  readonly #ledgers = new QueryLedgers()
  #lookup: Lookup | undefined
  #resolution: Resolution | undefined
  #startedAt = 0
  #queries = 0

  constructor(agenda: Agenda, stack: Stack, settings: ResolverSettings, listener: ResolverListener) {
    this.#agenda = agenda
    this.#stack = stack
    this.#listener = listener
    this.#resolve = newResolver(settings.libc, settings.resolvConf, this)
    this.#alarm = new Timer<ResolverThread>(agenda, timeIsUp, this)
  }

  /** Starts a lookup; there must be none under way. */
  start(lookup: Lookup): void {
    this.#lookup = lookup
    this.#startedAt = this.#agenda.now
    this.#queries = 0
    this.#ledgers.begin(lookup.ledger)
    this.#resolution = this.#resolve(lookup.name, lookup.family)
    this.resume(TIME_IS_UP) // what starts a generator is not read
  }

  /** @internal */
  resume(event: ResolverEvent): void {
    const step = this.#resolution?.next(event)
    if (step === undefined) return
    if (step.done === true) this.#finish(step.value)
    else if (Number.isFinite(step.value)) this.#alarm.set(step.value)
    else this.#alarm.clear()
  }

  /** Lets go of the lookup, if there is one. */
  end(): void {
    this.#alarm.clear()
    for (const opened of this.#opened) opened?.socket?.close()
    this.#opened.length = 0
    this.#resolution = undefined
    this.#lookup = undefined
  }

  now(): number {
    return this.#agenda.now
  }

  openUdp(connectedTo: string | null): Socket {
    const opened: Opened = { handle: this.#opened.length, server: connectedTo ?? '', socket: undefined }
    this.#opened.push(opened)
    const socket = connectedTo === null ? this.#stack.udp({ handler: this, context: opened }) : this.#connect(connectedTo, opened)
    if (typeof socket !== 'string') opened.socket = socket
    return opened.handle
  }

  openTcp(server: string): Socket {
    const opened: Opened = { handle: this.#opened.length, server, socket: undefined }
    this.#opened.push(opened)
    const destination = this.#addressOf(server)
    if (destination === undefined) return opened.handle
    const ledger = this.#ledgers.next()
    opened.socket = this.#stack.connect({ destination, port: DNS_PORT, handler: this, context: opened, ledger, journey: this.#lookup?.journey ?? null })
    return opened.handle
  }

  send(handle: Socket, server: string, question: Question): void {
    const socket = this.#opened[handle]?.socket
    const query = new Query(question.id, question, question.edns)
    const isStream = socket !== undefined && !('sendTo' in socket)
    this.#queries++
    this.#listener.sent(query, server, isStream ? 'tcp' : 'udp')
    if (socket === undefined) return this.#refuseLater(handle)
    if (isStream) {
      socket.send(queryBytes(query, 'tcp'), query)
      return
    }
    const address = this.#addressOf(server)
    const ledger = this.#ledgers.next()
    const sent = address === undefined ? 'ENETUNREACH' : socket.sendTo(address, DNS_PORT, queryBytes(query, 'udp'), query, ledger, this.#lookup?.journey ?? null)
    if (sent !== 'ok' && socket.peer !== undefined) this.#refuseLater(handle)
  }

  close(handle: Socket): void {
    const opened = this.#opened[handle]
    this.#opened[handle] = undefined
    opened?.socket?.close()
  }

  onDatagram(socket: UdpSocket, datagram: Datagram): void {
    const opened = this.#ours(socket)
    const { payload } = datagram
    if (opened === undefined || !(payload instanceof Response)) return
    this.#ledgers.answer(datagram.ledger)
    this.#hear(opened.handle, opened.server === '' ? this.#nameOf(datagram.source) : opened.server, payload)
  }

  onMessage(socket: TcpSocket, message: unknown): void {
    const opened = this.#ours(socket)
    if (opened === undefined || !(message instanceof Response)) return
    this.#ledgers.answer(socket.ledger)
    this.#hear(opened.handle, opened.server, message)
  }

  onEnd(socket: TcpSocket): void {
    const opened = this.#ours(socket)
    if (opened !== undefined) this.resume({ kind: 'closed', socket: opened.handle })
  }

  onError(socket: UdpSocket | TcpSocket, error: SocketError): void {
    const opened = this.#ours(socket)
    if (opened !== undefined) this.resume({ kind: error.errno === 'ECONNREFUSED' ? 'refused' : 'closed', socket: opened.handle })
  }

  #connect(server: string, opened: Opened): ReturnType<Stack['udp']> {
    const destination = this.#addressOf(server)
    return destination === undefined ? 'ENETUNREACH' : this.#stack.udp({ destination, destinationPort: DNS_PORT, handler: this, context: opened })
  }

  /** The record of a socket that is still open. */
  #ours(socket: UdpSocket | TcpSocket): Opened | undefined {
    const opened = socket.context as Opened // every socket of a thread is opened with it
    return this.#opened[opened.handle] === opened ? opened : undefined
  }

  #hear(socket: Socket, from: string, { id, message }: Response): void {
    this.#listener.answered(message)
    this.resume({ kind: 'answer', socket, from, reply: replyOf(id, message) })
  }

  /** send() failed: the caller finds out when it polls. */
  #refuseLater(socket: Socket): void {
    const opened = this.#opened[socket]
    const tell = (): void => {
      if (opened !== undefined && this.#opened[socket] === opened) this.resume({ kind: 'refused', socket })
    }
    this.#agenda.post(this.#agenda.now, tell, undefined)
  }

  #finish(result: LookupResult): void {
    const lookup = this.#lookup
    this.#ledgers.endRound()
    this.end()
    if (lookup === undefined) return
    this.#listener.ended(lookup.name, result, this.#queries, this.#agenda.now - this.#startedAt)
    lookup.found(result, this.#queries)
  }

  #addressOf(server: string): Address | undefined {
    let address = this.#addresses.get(server)
    if (address === undefined) {
      address = parseAddress(server)
      if (address !== undefined) this.#addresses.set(server, address)
    }
    return address
  }

  #nameOf(address: Address): string {
    let name = this.#names.get(address)
    if (name === undefined) this.#names.set(address, (name = formatAddress(address)))
    return name
  }
}

function timeIsUp(thread: ResolverThread): void {
  thread.resume(TIME_IS_UP)
}

/** What resolvers read of an answer: addresses and aliases. */
function replyOf(id: number, { rcode, truncated, answers: records }: DnsMessage): Reply {
  const answers: string[] = []
  for (const record of records) {
    if (record.type === 'A' || record.type === 'AAAA') answers.push(record.address)
    else if (record.type === 'CNAME') answers.push(record.target)
  }
  return { id, rcode, truncated, answers }
}
