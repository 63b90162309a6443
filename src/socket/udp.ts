import { below, type Random } from '../engine/random.ts'
import type { Address } from '../kernel/address.ts'
import type { Journey } from '../kernel/journey.ts'
import { newPacket, recycle, UDP, type Packet, type QuotedHeader } from '../kernel/packet.ts'
import type { Counters } from './counters.ts'
import { unreachableError, type SocketError } from './errors.ts'
import type { Network } from './network.ts'
import type { Sysctls } from './sysctls.ts'
import { UdpTable, type Bound } from './udp-table.ts'

/** A datagram as its receiver sees it. Valid only during the call that hands it over. */
export interface Datagram {
  readonly source: Address
  readonly sourcePort: number
  readonly destination: Address
  /** Payload bytes. */
  readonly length: number
  readonly payload: unknown
  readonly ledger: Float64Array | null
  readonly journey: Journey | null
}

export interface UdpHandler {
  onDatagram(socket: UdpSocket, datagram: Datagram): void
  /** Connected sockets only: an ICMP error about a datagram of theirs. The socket stays usable. */
  onError?(socket: UdpSocket, error: SocketError): void
}

export interface UdpOptions {
  /** Undefined: a random port of the ephemeral range. */
  port?: number | undefined
  /** Bound to one address; all if left out. */
  address?: Address
  /** With `destinationPort`: a connected socket, which hears its peer only. */
  destination?: Address
  destinationPort?: number
  handler: UdpHandler
  context?: unknown
}

export type UdpSendResult = 'ok' | 'EPERM' | 'ENETUNREACH' | 'EDESTADDRREQ'

/** Bookkeeping of the kernel for a datagram in a receive buffer (sk_buff and its shared info), beside the data. */
export const SKB_OVERHEAD = 768

/** A UDP socket. */
export class UdpSocket implements Bound<UdpSocket> {
  readonly localPort: number
  readonly localAddress: Address | undefined
  readonly peer: Address | undefined
  readonly peerPort: number
  /** The application's own; the socket never looks at it. */
  context: unknown
  /** `send` puts them on its packets. */
  ledger: Float64Array | null = null
  journey: Journey | null = null
  /** In the application's roster of its sockets. */
  place = -1
  readonly #udp: Udp
  readonly #handler: UdpHandler
  #isPaused = false
  #isClosed = false
  #buffered = 0
  /** The receive buffer; most sockets read at once and never have one. */
  #waiting: Packet[] | null = null
  /** @internal The next socket in the same bucket of `UdpTable`. */
  sibling: UdpSocket | undefined

  /** @internal */
  constructor(udp: Udp, port: number, options: UdpOptions, localAddress: Address | undefined) {
    this.#udp = udp
    this.#handler = options.handler
    this.localPort = port
    this.localAddress = localAddress
    this.peer = options.destination
    this.peerPort = options.destinationPort ?? 0
    this.context = options.context
  }

  /** Sends to the connected peer. */
  send(bytes: number, message: unknown): UdpSendResult {
    if (this.peer === undefined) return 'EDESTADDRREQ'
    return this.sendTo(this.peer, this.peerPort, bytes, message, this.ledger, this.journey)
  }

  sendTo(
    destination: Address, port: number, bytes: number, message: unknown,
    ledger: Float64Array | null = null, journey: Journey | null = null, source: Address | undefined = this.localAddress,
  ): UdpSendResult {
    const from = source ?? this.#udp.network.sourceFor(destination)
    if (from === undefined) return 'ENETUNREACH'
    const packet = newPacket()
    packet.protocol = UDP
    packet.source = from
    packet.destination = destination
    packet.sourcePort = this.localPort
    packet.destinationPort = port
    packet.length = bytes
    packet.payload = message
    packet.ledger = ledger
    packet.journey = journey
    return this.#udp.network.transmit(packet)
  }

  /** Answers a datagram: to its sender, from the address that it was sent to. */
  reply(datagram: Datagram, bytes: number, message: unknown): UdpSendResult {
    return this.sendTo(datagram.source, datagram.sourcePort, bytes, message, datagram.ledger, datagram.journey, datagram.destination)
  }

  /** Stops reading: datagrams wait in the receive buffer, and are dropped when it is full. */
  pause(): void {
    this.#isPaused = true
  }

  /** Reads on; what waits is delivered at the same instant, after this call. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#udp.network.agenda.post(this.#udp.network.agenda.now, readOn, this)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const packet of this.#waiting?.splice(0) ?? []) recycle(packet)
    this.#udp.remove(this)
  }

  /** @internal Takes the packet over. */
  receive(packet: Packet): void {
    if (!this.#isPaused && (this.#waiting === null || this.#waiting.length === 0)) {
      this.#handler.onDatagram(this, packet)
      recycle(packet)
      return
    }
    if (this.#buffered >= this.#udp.sysctls.rmem_default) {
      this.#udp.counters.drops.count('socket buffer full')
      recycle(packet)
      return
    }
    this.#buffered += packet.length + SKB_OVERHEAD
    this.#waiting ??= []
    this.#waiting.push(packet)
  }

  /** @internal */
  receiveError(error: SocketError): void {
    this.#handler.onError?.(this, error)
  }

  /** @internal */
  deliverWaiting(): void {
    const waiting = this.#waiting ?? []
    let taken = 0
    for (; taken < waiting.length && !this.#isPaused; taken++) {
      const packet = waiting[taken]
      if (packet === undefined) break
      this.#buffered -= packet.length + SKB_OVERHEAD
      this.#handler.onDatagram(this, packet)
      recycle(packet)
    }
    waiting.splice(0, taken)
  }
}

function readOn(socket: UdpSocket): void {
  socket.deliverWaiting()
}

/** The UDP of one network namespace. */
export class Udp {
  readonly network: Network
  readonly sysctls: Sysctls
  readonly counters: Counters
  readonly #random: Random
  readonly #sockets = new UdpTable<UdpSocket>()

  constructor(network: Network, sysctls: Sysctls, counters: Counters, random: Random) {
    this.network = network
    this.sysctls = sysctls
    this.counters = counters
    this.#random = random
  }

  open(options: UdpOptions): UdpSocket | 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'ENETUNREACH' {
    const local = options.address ?? (options.destination === undefined ? undefined : this.network.sourceFor(options.destination))
    if (options.destination !== undefined && local === undefined) return 'ENETUNREACH'
    const port = options.port ?? this.#choosePort()
    if (port === undefined) return 'EADDRNOTAVAIL'
    for (let other = this.#sockets.first(port); other !== undefined; other = other.sibling) {
      if (other.localPort === port && (other.localAddress === local || other.localAddress === undefined || local === undefined)) return 'EADDRINUSE'
    }
    const socket = new UdpSocket(this, port, options, local)
    this.#sockets.add(socket)
    return socket
  }

  /** @internal */
  remove(socket: UdpSocket): void {
    this.#sockets.remove(socket)
  }

  /** Delivers a datagram to its socket, which takes it over; false if no socket wants it. */
  receive(packet: Packet): boolean {
    const socket = this.#find(packet.destination, packet.destinationPort, packet.source, packet.sourcePort)
    if (socket === undefined) {
      this.counters.UdpNoPorts++
      return false
    }
    socket.receive(packet)
    return true
  }

  /** An ICMP error about a datagram of ours (__udp4_lib_err): an unconnected socket does not hear of it. */
  receiveIcmpError(quoted: QuotedHeader, code: number, from: Address): void {
    const socket = this.#find(quoted.source, quoted.sourcePort, quoted.destination, quoted.destinationPort)
    if (socket?.peer !== undefined) socket.receiveError(unreachableError(code, from))
  }

  closeAll(): void {
    for (const socket of this.#sockets.list()) socket.close()
  }

  #find(local: Address, localPort: number, remote: Address, remotePort: number): UdpSocket | undefined {
    for (let socket = this.#sockets.first(localPort); socket !== undefined; socket = socket.sibling) {
      const isMine = socket.localPort === localPort && (socket.localAddress === undefined || socket.localAddress === local)
      if (isMine && (socket.peer === undefined || (socket.peer === remote && socket.peerPort === remotePort))) return socket
    }
    return undefined
  }

  /** A random free port of the range, or the next free one after it (udp_lib_get_port). */
  #choosePort(): number | undefined {
    const [low, high] = this.sysctls.ip_local_port_range
    const count = high - low + 1
    const first = below(this.#random, count)
    for (let i = 0; i < count; i++) {
      const port = low + ((first + i) % count)
      if (!this.#sockets.has(port)) return port
    }
    return undefined
  }
}
