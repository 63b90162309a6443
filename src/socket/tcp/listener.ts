import type { Address } from '../../kernel/address.ts'
import type { Packet } from '../../kernel/packet.ts'
import { beginTransfer, resetConnection } from './close.ts'
import { packPorts } from './endpoint.ts'
import { receiveSegment } from './input.ts'
import { FIRST_WINDOW } from './receive.ts'
import { Request, transmitSynAck } from './request.ts'
import { sampleRtt } from './rtt.ts'
import { TcpSocket, type TcpHandler } from './socket.ts'
import { CLOSED, ESTABLISHED, PASSIVE, PAUSED } from './states.ts'
import type { Tcp } from './tcp.ts'

/** What a server wants to hear of its listening socket. */
export interface ListenHandler {
  /** A finished connection waits to be accepted, now or later. */
  onAcceptable(listener: Listener): void
}

export interface ListenOptions {
  /** 0: one that is free, of the kernel's choice. */
  port: number
  /** Only connections to this address; all addresses if left out. */
  address?: Address
  /** How many finished connections may wait, plus one; at most somaxconn. */
  backlog?: number
  handler: ListenHandler
  context?: unknown
}

/** How long a SYN cookie is good (TCP_SYNCOOKIE_VALID): two minutes in ticks. */
const COOKIE_TICKS = 30_000

/** Nobody has accepted the connection yet. */
const UNACCEPTED: TcpHandler = { onError: () => undefined }

/** A listening socket: half-open requests, SYN cookies when there are too many of them, and the accept queue. */
export class Listener {
  readonly tcp: Tcp
  readonly port: number
  /** Undefined: any address. */
  readonly address: Address | undefined
  readonly backlog: number
  /** The application's own; the listener never looks at it. */
  context: unknown
  readonly #handler: ListenHandler
  readonly #queue: TcpSocket[] = []
  #halfOpen = 0
  #isClosed = false
  /** Cookies that are out, by peer and port: what the kernel proves with a hash is remembered here, with its tick. */
  #cookies: Map<number, number> | null = null

  constructor(tcp: Tcp, options: ListenOptions) {
    this.tcp = tcp
    this.port = options.port
    this.address = options.address
    this.backlog = Math.min(options.backlog ?? tcp.sysctls.somaxconn, tcp.sysctls.somaxconn)
    this.#handler = options.handler
    this.context = options.context
  }

  /** Connections that wait to be accepted. */
  get queued(): number {
    return this.#queue.length
  }

  /** Takes the oldest waiting connection. What it has received already is delivered at the same instant, after this call. */
  accept(handler: TcpHandler, context: unknown): TcpSocket | undefined {
    const socket = this.#queue.shift()
    if (socket === undefined) return undefined
    socket.handler = handler
    socket.context = context
    if (socket.state === CLOSED) this.tcp.agenda.post(this.tcp.agenda.now, tellReset, socket)
    else if (socket.rcvNxt > 1) socket.resume()
    else socket.flags &= ~PAUSED
    return socket
  }

  /** Stops listening: waiting connections are reset, half-open ones forgotten, later SYNs refused. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.tcp.removeListener(this)
    for (const socket of this.#queue.splice(0)) resetConnection(socket)
  }

  /** A SYN (tcp_conn_request). */
  receiveSyn(packet: Packet): void {
    const isFull = this.#halfOpen >= this.backlog
    if ((isFull && this.tcp.sysctls.tcp_syncookies === 0) || this.#isQueueFull()) {
      this.#countDrop()
      return
    }
    if (isFull) this.#sendCookie(packet)
    else {
      this.#halfOpen++
      new Request(this, packet).start()
    }
  }

  /** A segment that belongs to no request: the answer to a cookie, or a stray one. True if it was dealt with. */
  receiveCookie(packet: Packet): boolean {
    const key = cookieKey(packet)
    const issued = this.#cookies?.get(key)
    if (issued === undefined || packet.seq !== 1 || packet.ack !== 1 || this.tcp.wheel.tick - issued > COOKIE_TICKS) return false
    if (this.#isQueueFull()) {
      this.#countDrop()
      return true
    }
    this.#cookies?.delete(key)
    this.#establish(packet, packet.ledger, -1, 0)
    return true
  }

  /** The last ACK of a handshake has come (tcp_check_req). */
  complete(request: Request, packet: Packet): void {
    if (this.#isClosed) {
      request.drop()
      this.tcp.answerWithReset(packet)
    } else if (!this.#isQueueFull()) {
      request.drop()
      // An ACK alone bears no ledger: the SYN did.
      this.#establish(packet, packet.ledger ?? request.ledger, request.sentAt, request.retransmissions)
    } else {
      this.#countDrop()
      if (this.tcp.sysctls.tcp_abort_on_overflow === 0) return
      request.drop()
      this.tcp.answerWithReset(packet)
    }
  }

  /** A half-open request is gone. */
  forget(): void {
    this.#halfOpen--
  }

  #establish(packet: Packet, ledger: Float64Array | null, synAckAt: number, retransmissions: number): void {
    const ports = packPorts(packet.destinationPort, packet.sourcePort)
    const socket = new TcpSocket(this.tcp, packet.destination, packet.source, ports, ESTABLISHED, UNACCEPTED, undefined)
    socket.flags = PASSIVE | PAUSED
    socket.sndUna = 1
    socket.sndNxt = 1
    socket.sndWnd = packet.window
    socket.rcvNxt = 1
    socket.rcvWup = 1
    socket.rcvEdge = FIRST_WINDOW
    socket.ledger = ledger
    socket.journey = packet.journey
    if (synAckAt >= 0) sampleRtt(socket, (this.tcp.agenda.now - synAckAt) / 1000)
    beginTransfer(socket, retransmissions)
    this.tcp.connections.add(socket)
    this.#queue.push(socket)
    this.#handler.onAcceptable(this)
    if (socket.state !== CLOSED) receiveSegment(socket, packet)
  }

  #isQueueFull(): boolean {
    return this.#queue.length > this.backlog
  }

  #countDrop(): void {
    this.tcp.counters.drops.count('listen queue full')
  }

  #sendCookie(syn: Packet): void {
    const now = this.tcp.wheel.tick
    const cookies = (this.#cookies ??= new Map<number, number>())
    for (const [key, issued] of cookies) {
      if (now - issued <= COOKIE_TICKS) break
      cookies.delete(key)
    }
    cookies.delete(cookieKey(syn))
    cookies.set(cookieKey(syn), now)
    this.tcp.counters.SyncookiesSent++
    transmitSynAck(this, { localAddress: syn.destination, remoteAddress: syn.source, localPort: syn.destinationPort, remotePort: syn.sourcePort }, syn.ledger, syn.journey)
  }
}

function cookieKey(packet: Packet): number {
  return (packet.source >>> 0) * 65_536 + packet.sourcePort
}

function tellReset(socket: TcpSocket): void {
  socket.handler.onError(socket, { errno: 'ECONNRESET' })
}

