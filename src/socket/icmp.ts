import { below, type Random } from '../engine/random.ts'
import { IcmpLimit } from '../kernel/icmp-limit.ts'
import type { Address } from '../kernel/address.ts'
import type { Journey } from '../kernel/journey.ts'
import {
  DESTINATION_UNREACHABLE, ECHO_REPLY, ECHO_REQUEST, ICMP, newPacket, PORT_UNREACHABLE, type Packet, type QuotedHeader,
} from '../kernel/packet.ts'
import type { Counters } from './counters.ts'
import { unreachableError, type SocketError } from './errors.ts'
import type { Network } from './network.ts'
import type { Sysctls } from './sysctls.ts'

export interface PingHandler {
  /** `answeredBy` is the name of the stack that answered, which the address alone does not tell behind NAT. */
  onReply(socket: PingSocket, sequence: number, message: unknown, answeredBy: string): void
  /** The answer was a destination unreachable. */
  onError?(socket: PingSocket, sequence: number, error: SocketError): void
}

export interface PingOptions {
  /** Undefined: a random one, as ping(8) takes its own. */
  identifier?: number
  handler: PingHandler
}

/** What travels in an echo: the caller's message, and who has answered. */
interface Echo {
  readonly message: unknown
  answeredBy: string
}

/** A socket that sends echo requests. */
export class PingSocket {
  readonly identifier: number
  ledger: Float64Array | null = null
  journey: Journey | null = null
  readonly handler: PingHandler
  readonly #icmp: Icmp

  /** @internal */
  constructor(icmp: Icmp, identifier: number, options: PingOptions) {
    this.#icmp = icmp
    this.identifier = identifier
    this.handler = options.handler
  }

  send(destination: Address, sequence: number, bytes: number, message: unknown): 'ok' | 'EPERM' | 'ENETUNREACH' {
    const source = this.#icmp.network.sourceFor(destination)
    if (source === undefined) return 'ENETUNREACH'
    const packet = newPacket()
    packet.protocol = ICMP
    packet.icmpType = ECHO_REQUEST
    packet.source = source
    packet.destination = destination
    packet.sourcePort = this.identifier
    packet.destinationPort = sequence
    packet.length = bytes
    packet.payload = { message, answeredBy: '' } satisfies Echo
    packet.ledger = this.ledger
    packet.journey = this.journey
    return this.#icmp.network.transmit(packet)
  }

  close(): void {
    this.#icmp.remove(this)
  }
}

/** The ICMP of one network namespace: answers echoes, refuses datagrams for closed ports, keeps the ping sockets. */
export class Icmp {
  readonly network: Network
  readonly #name: string
  readonly #counters: Counters
  readonly #random: Random
  readonly #limit: IcmpLimit
  readonly #sockets = new Map<number, PingSocket>()

  constructor(network: Network, name: string, sysctls: Sysctls, counters: Counters, random: Random) {
    this.network = network
    this.#name = name
    this.#counters = counters
    this.#random = random
    this.#limit = new IcmpLimit(sysctls)
  }

  open(options: PingOptions): PingSocket {
    let identifier = options.identifier ?? below(this.#random, 0x1_0000)
    while (options.identifier === undefined && this.#sockets.has(identifier)) identifier = (identifier + 1) & 0xffff
    const socket = new PingSocket(this, identifier, options)
    this.#sockets.set(identifier, socket)
    return socket
  }

  /** @internal */
  remove(socket: PingSocket): void {
    if (this.#sockets.get(socket.identifier) === socket) this.#sockets.delete(socket.identifier)
  }

  /** An echo request or reply; the caller recycles it. */
  receiveEcho(packet: Packet): void {
    if (packet.icmpType === ECHO_REQUEST) this.#answer(packet)
    else if (packet.icmpType === ECHO_REPLY) {
      const socket = this.#sockets.get(packet.sourcePort)
      // Echo replies carry what the request carried, and that is always an Echo.
      const echo = packet.payload as Echo | null
      socket?.handler.onReply(socket, packet.destinationPort, echo?.message, echo?.answeredBy ?? '')
    }
  }

  receiveError(quoted: QuotedHeader, code: number, from: Address): void {
    const socket = this.#sockets.get(quoted.sourcePort)
    socket?.handler.onError?.(socket, quoted.destinationPort, unreachableError(code, from))
  }

  /** Tells the sender of a datagram that its port is closed (icmp_send), as often as the limits allow. */
  refuse(packet: Packet): void {
    if (!this.#limit.allow(this.network.agenda.now, packet.source, DESTINATION_UNREACHABLE)) {
      this.#counters.IcmpRateLimited++
      return
    }
    const error = newPacket()
    error.protocol = ICMP
    error.icmpType = DESTINATION_UNREACHABLE
    error.icmpCode = PORT_UNREACHABLE
    error.source = packet.destination
    error.destination = packet.source
    error.length = QUOTED_BYTES + packet.length
    error.quoted = {
      protocol: packet.protocol,
      source: packet.source,
      destination: packet.destination,
      sourcePort: packet.sourcePort,
      destinationPort: packet.destinationPort,
    }
    error.ledger = packet.ledger
    error.journey = packet.journey
    this.network.transmit(error)
  }

  closeAll(): void {
    this.#sockets.clear()
  }

  #answer(request: Packet): void {
    const reply = newPacket()
    reply.protocol = ICMP
    reply.icmpType = ECHO_REPLY
    reply.source = request.destination
    reply.destination = request.source
    reply.sourcePort = request.sourcePort
    reply.destinationPort = request.destinationPort
    reply.length = request.length
    reply.payload = request.payload
    const echo = request.payload as Echo | null
    if (echo !== null) echo.answeredBy = this.#name
    reply.ledger = request.ledger
    reply.journey = request.journey
    this.network.transmit(reply)
  }
}

/** An error quotes the offending packet from its IP header on. */
const QUOTED_BYTES = 28
