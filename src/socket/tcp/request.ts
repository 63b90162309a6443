import type { Nanos } from '../../engine/agenda.ts'
import { ticksOf } from '../../engine/timer-wheel.ts'
import { ACK, newPacket, RST, SYN, TCP, type Packet } from '../../kernel/packet.ts'
import { Endpoint, packPorts } from './endpoint.ts'
import type { Listener } from './listener.ts'
import { RTO_INIT, RTO_MAX } from './rtt.ts'

/** The window of a SYN-ACK: 45 segments of 1448. */
const SYNACK_WINDOW = 65_160

/** A half-open connection (struct request_sock): a SYN has been answered and the last ACK is awaited. */
export class Request extends Endpoint {
  readonly listener: Listener
  ledger: Float64Array | null
  journey: Packet['journey']
  /** When the SYN-ACK went out last. */
  sentAt: Nanos
  #timeouts = 0
  /** SYN-ACKs sent again. */
  retransmissions = 0
  #expires = 0

  constructor(listener: Listener, syn: Packet) {
    super(syn.destination, syn.source, packPorts(syn.destinationPort, syn.sourcePort))
    this.listener = listener
    this.ledger = syn.ledger
    this.journey = syn.journey
    this.sentAt = listener.tcp.agenda.now
  }

  /** Begins to wait for the last ACK. */
  start(): void {
    this.listener.tcp.connections.add(this)
    this.#arm()
    sendSynAck(this)
  }

  override receive(packet: Packet): void {
    if (packet.ledger !== null) this.ledger = packet.ledger
    if (packet.journey !== null) this.journey = packet.journey
    const flags = packet.tcpFlags
    if ((flags & RST) !== 0) {
      if (packet.seq === 1) this.drop()
    } else if ((flags & SYN) !== 0) {
      if ((flags & ACK) === 0) this.#repeat()
    } else if ((flags & ACK) !== 0) {
      if (packet.ack !== 1) this.listener.tcp.answerWithReset(packet)
      else this.listener.complete(this, packet)
    }
  }

  /** Forgets it. */
  drop(): void {
    const { tcp } = this.listener
    tcp.connections.remove(this)
    tcp.wheel.disarm(this)
    this.listener.forget()
  }

  /** The SYN-ACK timer (reqsk_timer_handler): 1, 2, 4, 8, 16 s, then it is given up. */
  override onTick(tick: number): void {
    const { tcp } = this.listener
    if (this.#expires > tick) {
      tcp.wheel.arm(this, this.#expires)
      return
    }
    if (this.#timeouts >= tcp.sysctls.tcp_synack_retries) {
      this.drop()
      return
    }
    this.#timeouts++
    this.#arm()
    this.#repeat()
  }

  #arm(): void {
    const { wheel } = this.listener.tcp
    this.#expires = wheel.expiry(ticksOf(Math.min(RTO_INIT * 2 ** this.#timeouts, RTO_MAX)))
    wheel.arm(this, this.#expires)
  }

  #repeat(): void {
    this.retransmissions++
    this.sentAt = this.listener.tcp.agenda.now
    sendSynAck(this)
  }
}

function sendSynAck(request: Request): void {
  transmitSynAck(request.listener, request, request.ledger, request.journey)
}

/** A SYN-ACK to the other end of `endpoint`. */
export function transmitSynAck(
  listener: Listener, endpoint: Pick<Endpoint, 'localAddress' | 'remoteAddress' | 'localPort' | 'remotePort'>,
  ledger: Float64Array | null, journey: Packet['journey'],
): void {
  const packet = newPacket()
  packet.protocol = TCP
  packet.source = endpoint.localAddress
  packet.destination = endpoint.remoteAddress
  packet.sourcePort = endpoint.localPort
  packet.destinationPort = endpoint.remotePort
  packet.tcpFlags = SYN | ACK
  packet.ack = 1
  packet.window = SYNACK_WINDOW
  packet.ledger = ledger
  packet.journey = journey
  listener.tcp.network.transmit(packet)
}
