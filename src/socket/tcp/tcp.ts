import type { Agenda } from '../../engine/agenda.ts'
import { below, type Random } from '../../engine/random.ts'
import type { TimerWheel } from '../../engine/timer-wheel.ts'
import { isLoopback, type Address } from '../../kernel/address.ts'
import type { Journey } from '../../kernel/journey.ts'
import { ACK, FIN, newPacket, RST, SYN, TCP, type Packet, type QuotedHeader } from '../../kernel/packet.ts'
import type { Counters } from '../counters.ts'
import { unreachableError, type SocketError } from '../errors.ts'
import type { Network } from '../network.ts'
import type { Sysctls } from '../sysctls.ts'
import { closeSocket, destroy, fail } from './close.ts'
import { Connections, packPorts } from './endpoint.ts'
import { Listener, type ListenOptions } from './listener.ts'
import { transmit } from './output.ts'
import { EphemeralPorts } from './ports.ts'
import { Request } from './request.ts'
import { RTO_INIT } from './rtt.ts'
import { newSegment } from './segment.ts'
import { TcpSocket, type TcpHandler } from './socket.ts'
import { CLOSED, SYN_SENT } from './states.ts'
import { RETRANSMISSION, setTimer } from './timers.ts'
import { FIN_WAIT_RECORD, TimeWaits, TIME_WAIT_RECORD } from './timewait.ts'

export interface ConnectOptions {
  destination: Address
  port: number
  /** The address to connect from; the route's preferred one if left out. */
  source?: Address
  /** The port to connect from; an ephemeral one if left out. */
  sourcePort?: number | undefined
  handler: TcpHandler
  context?: unknown
  ledger?: Float64Array | null
  journey?: Journey | null
}

/** The TCP of one network namespace: its tables and what happens outside of any connection. */
export class Tcp {
  readonly network: Network
  readonly agenda: Agenda
  readonly wheel: TimerWheel
  readonly sysctls: Sysctls
  readonly counters: Counters
  /** Payload bytes of a full segment: MTU less IP, TCP and timestamp option. */
  readonly mss: number
  readonly connections = new Connections()
  readonly timeWaits: TimeWaits
  readonly ports: EphemeralPorts
  readonly #random: Random
  readonly #listeners = new Map<number, Listener[]>()

  constructor(network: Network, sysctls: Sysctls, counters: Counters, random: Random, mtu: number) {
    this.network = network
    this.agenda = network.agenda
    this.wheel = network.wheel
    this.sysctls = sysctls
    this.counters = counters
    this.mss = mtu - 40 - (sysctls.tcp_timestamps === 0 ? 0 : 12)
    this.#random = random
    const ports = new EphemeralPorts(random)
    this.ports = ports
    this.timeWaits = new TimeWaits(network.wheel, sysctls.tcp_max_tw_buckets, sysctls.tcp_fin_timeout, () => ports.releases++)
  }

  listen(options: ListenOptions): Listener | 'EADDRINUSE' {
    const port = options.port === 0 ? this.#choosePortToBind() : options.port
    if (port === undefined) return 'EADDRINUSE'
    const others = this.#listeners.get(port) ?? []
    const clashes = others.some((other) => other.address === options.address || other.address === undefined || options.address === undefined)
    if (clashes) return 'EADDRINUSE'
    const listener = new Listener(this, { ...options, port })
    this.#listeners.set(port, [...others, listener])
    return listener
  }

  removeListener(listener: Listener): void {
    this.ports.releases++
    const others = (this.#listeners.get(listener.port) ?? []).filter((other) => other !== listener)
    if (others.length > 0) this.#listeners.set(listener.port, others)
    else this.#listeners.delete(listener.port)
    for (const endpoint of [...this.connections]) {
      if (endpoint instanceof Request && endpoint.listener === listener) endpoint.drop()
    }
  }

  /** Opens a connection. Whatever goes wrong, here or later, comes to the handler. */
  connect(options: ConnectOptions): TcpSocket {
    const { destination, port, handler } = options
    const source = options.source ?? this.network.sourceFor(destination)
    const localPort = source === undefined ? undefined : (options.sourcePort ?? this.#choosePort(source, destination, port))
    const ports = packPorts(localPort ?? 0, port)
    const socket = new TcpSocket(this, source ?? 0, destination, ports, SYN_SENT, handler, options.context)
    socket.ledger = options.ledger ?? null
    socket.journey = options.journey ?? null
    const error = this.#whyNot(source, localPort, destination, ports)
    if (error === undefined) startConnect(socket)
    else {
      socket.state = CLOSED
      this.agenda.post(this.agenda.now, tellFailure, { socket, error })
    }
    return socket
  }

  /** A segment for this namespace; the caller recycles it. */
  receive(packet: Packet): void {
    const ports = packPorts(packet.destinationPort, packet.sourcePort)
    const endpoint = this.connections.find(packet.destination, packet.source, ports)
    if (endpoint !== null) {
      endpoint.receive(packet)
      return
    }
    const record = this.timeWaits.find(packet.destination, packet.source, ports)
    if (record >= 0 && !this.#answerForClosed(record, packet)) return
    const listener = this.#listenerFor(packet)
    if (listener === undefined) this.answerWithReset(packet)
    else receiveForListener(this, listener, packet)
  }

  /** An ICMP destination-unreachable about a segment of ours (tcp_v4_err): only a connection that is being opened dies of it. */
  receiveIcmpError(quoted: QuotedHeader, code: number, from: Address): void {
    const endpoint = this.connections.find(quoted.source, quoted.destination, packPorts(quoted.sourcePort, quoted.destinationPort))
    if (endpoint instanceof Request) endpoint.drop()
    else if (endpoint instanceof TcpSocket && endpoint.state === SYN_SENT) fail(endpoint, unreachableError(code, from))
  }

  /** Refuses a segment (tcp_v4_send_reset). A RST is never answered. */
  answerWithReset(packet: Packet): void {
    const flags = packet.tcpFlags
    if ((flags & RST) !== 0) return
    const hasAck = (flags & ACK) !== 0
    const end = packet.seq + packet.length + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0)
    this.#answer(packet, hasAck ? RST : RST | ACK, hasAck ? packet.ack : 0, hasAck ? 0 : end)
  }

  /** Every process of the namespace is killed. */
  closeAll(): void {
    for (const listeners of [...this.#listeners.values()]) for (const listener of listeners) listener.close()
    for (const endpoint of [...this.connections]) if (endpoint instanceof TcpSocket) closeSocket(endpoint)
  }

  /** The namespace is gone: everything falls silent. */
  destroy(): void {
    this.#listeners.clear()
    this.timeWaits.clear()
    for (const endpoint of [...this.connections]) {
      if (endpoint instanceof TcpSocket) destroy(endpoint)
      else if (endpoint instanceof Request) endpoint.drop()
    }
  }

  #listenerFor(packet: Packet): Listener | undefined {
    const listeners = this.#listeners.get(packet.destinationPort)
    if (listeners === undefined) return undefined
    return listeners.find((listener) => listener.address === packet.destination) ?? listeners.find((listener) => listener.address === undefined)
  }

  /** What a TIME_WAIT record does with a segment (tcp_timewait_state_process). True if a listener shall have it: a new SYN. */
  #answerForClosed(record: number, packet: Packet): boolean {
    const { timeWaits } = this
    const flags = packet.tcpFlags
    const isFinWait = timeWaits.stateOf(record) === FIN_WAIT_RECORD
    const rcvNxt = timeWaits.rcvNxtOf(record)
    const end = packet.seq + packet.length + (flags & FIN)
    if ((flags & RST) !== 0) {
      if (packet.seq === rcvNxt) timeWaits.remove(record)
      return false
    }
    if ((flags & (SYN | ACK)) === SYN && !isFinWait) {
      // Sequence numbers are relative here; the kernel's new one is always beyond the old connection's.
      timeWaits.remove(record)
      return true
    }
    if (isFinWait && end > rcvNxt && end > packet.seq) {
      if ((flags & FIN) === 0 || end !== rcvNxt + 1) {
        timeWaits.remove(record)
        this.answerWithReset(packet)
        return false
      }
      timeWaits.refresh(record, end)
      this.#answer(packet, ACK, timeWaits.sndNxtOf(record), end)
      return false
    }
    if (isFinWait || (packet.seq === rcvNxt && end === rcvNxt)) return false
    timeWaits.refresh(record, rcvNxt)
    this.#answer(packet, ACK, timeWaits.sndNxtOf(record), rcvNxt)
    return false
  }

  #answer(packet: Packet, flags: number, seq: number, ack: number): void {
    const answer = newPacket()
    answer.protocol = TCP
    answer.source = packet.destination
    answer.destination = packet.source
    answer.sourcePort = packet.destinationPort
    answer.destinationPort = packet.sourcePort
    answer.tcpFlags = flags
    answer.seq = seq
    answer.ack = ack
    answer.ledger = packet.ledger
    answer.journey = packet.journey
    this.network.transmit(answer)
  }

  #choosePort(source: Address, destination: Address, port: number): number | undefined {
    // A TIME_WAIT may have come of age for reuse since the last search.
    if (this.#allowsReuse(destination)) this.ports.releases++
    return this.ports.choose(source, destination, port, this.sysctls.ip_local_port_range, (candidate) => {
      return !this.#listeners.has(candidate) && this.#isTupleFree(source, destination, packPorts(candidate, port))
    })
  }

  /** bind() to port 0 (inet_csk_find_open_port): from a random start, the ports of the parity that connect() takes last come first. */
  #choosePortToBind(): number | undefined {
    const [low, high] = this.sysctls.ip_local_port_range
    const count = high - low + 1
    const first = below(this.#random, count) | 1
    for (const parity of [0, 1]) {
      for (let step = 0; step < count; step += 2) {
        const port = low + ((first - parity + step) % count)
        if (!this.#listeners.has(port)) return port
      }
    }
    return undefined
  }

  #whyNot(source: Address | undefined, localPort: number | undefined, destination: Address, ports: number): SocketError | undefined {
    if (source === undefined) return { errno: 'ENETUNREACH' }
    if (localPort === undefined) return { errno: 'EADDRNOTAVAIL' }
    return this.#isTupleFree(source, destination, ports) ? undefined : { errno: 'EADDRNOTAVAIL' }
  }

  /** __inet_check_established: no connection has these four numbers, nor a TIME_WAIT that may not be reused. */
  #isTupleFree(source: Address, destination: Address, ports: number): boolean {
    if (this.connections.find(source, destination, ports) !== null) return false
    const record = this.timeWaits.find(source, destination, ports)
    if (record < 0) return true
    if (!this.#mayReuse(record, destination)) return false
    this.timeWaits.remove(record)
    return true
  }

  /** tcp_twsk_unique: only with timestamps, and only after tcp_tw_reuse_delay; 2 means on the loopback only. */
  #mayReuse(record: number, destination: Address): boolean {
    if (!this.#allowsReuse(destination) || this.timeWaits.stateOf(record) !== TIME_WAIT_RECORD) return false
    return this.timeWaits.ageOf(record) * 4 > this.sysctls.tcp_tw_reuse_delay
  }

  #allowsReuse(destination: Address): boolean {
    const { tcp_tw_reuse: reuse, tcp_timestamps: timestamps } = this.sysctls
    return timestamps !== 0 && (reuse === 1 || (reuse === 2 && isLoopback(destination)))
  }
}

function startConnect(socket: TcpSocket): void {
  const { tcp } = socket
  tcp.connections.add(socket)
  socket.sndNxt = 1
  socket.firstUnacked = newSegment(0, 1, tcp.agenda.now, 0)
  socket.lastUnacked = socket.firstUnacked
  socket.packetsOut = 1
  setTimer(socket, RETRANSMISSION, RTO_INIT)
  transmit(socket, SYN, 0, 0)
}

function receiveForListener(tcp: Tcp, listener: Listener, packet: Packet): void {
  const flags = packet.tcpFlags
  if ((flags & RST) !== 0) return
  if ((flags & ACK) !== 0) {
    if ((flags & SYN) !== 0 || !listener.receiveCookie(packet)) tcp.answerWithReset(packet)
  } else if ((flags & SYN) !== 0) listener.receiveSyn(packet)
}

function tellFailure({ socket, error }: { socket: TcpSocket; error: SocketError }): void {
  fail(socket, error)
}
