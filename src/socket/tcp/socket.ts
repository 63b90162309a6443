import { NEVER } from '../../engine/timer-wheel.ts'
import type { Address } from '../../kernel/address.ts'
import type { Journey } from '../../kernel/journey.ts'
import type { Packet } from '../../kernel/packet.ts'
import type { SocketError } from '../errors.ts'
import { closeSocket, resetConnection, shutdownSend } from './close.ts'
import { CWND_INFINITE, INITIAL_CWND } from './congestion.ts'
import type { Cubic } from './cubic.ts'
import { Endpoint } from './endpoint.ts'
import { receiveSegment } from './input.ts'
import { addMessage, type Message, type Outbox } from './outbox.ts'
import { sendPending } from './output.ts'
import { deliver, openWindow } from './receive.ts'
import type { Reassembly } from './reassembly.ts'
import type { RecoveryState } from './recovery-state.ts'
import { NO_RTT } from './rtt.ts'
import type { Segment } from './segment.ts'
import { CLOSED, CLOSE_WAIT, ESTABLISHED, FIN_QUEUED, ORPHAN, PAUSED } from './states.ts'
import type { Tcp } from './tcp.ts'
import { onSocketTick } from './timers.ts'

/** What an application wants to hear. One object serves many sockets; the socket's `context` says which one it is. */
export interface TcpHandler {
  onConnected?(socket: TcpSocket): void
  /** The first byte of a message has arrived in order. */
  onFirstByte?(socket: TcpSocket, message: unknown): void
  /** The last byte of a message of so many bytes has arrived in order. */
  onMessage?(socket: TcpSocket, message: unknown, bytes: number): void
  /** The peer has closed its side (read() returns 0). This side stays open until close(). */
  onEnd?(socket: TcpSocket): void
  /** The connection is gone, and nothing follows. Errors of connect() itself come here too, after it has returned. */
  onError(socket: TcpSocket, error: SocketError): void
}

export interface TcpInfo {
  cwnd: number
  ssthresh: number
}

/**
 * A TCP socket (struct tcp_sock). Fields hold small integers in the kernel's units (ticks, microseconds, segments),
 * because a hundred thousand of them live at once; what only lossy or fast connections need is made when needed.
 * Applications use the methods, the addresses, `context`, `ledger` and `journey`; the other fields are this folder's.
 */
export class TcpSocket extends Endpoint implements Outbox {
  readonly tcp: Tcp
  handler: TcpHandler
  /** The application's own; the socket never looks at it. */
  context: unknown
  /** Outgoing packets carry them; an accepted socket takes them over from the packets that arrive. */
  ledger: Float64Array | null = null
  journey: Journey | null = null
  /** In the application's roster of its sockets. */
  place = -1
  state: number
  flags = 0

  firstMessage: Message | null = null
  lastMessage: Message | null = null
  /** The peer's outbox, known from its first data segment on. */
  inbox: Outbox | null = null

  /** Oldest byte not acknowledged, next byte to send, end of what the application has written. */
  sndUna = 0
  sndNxt = 0
  writeSeq = 1
  sndWnd = 0
  /** Congestion window, in segments. */
  cwnd = INITIAL_CWND
  ssthresh = CWND_INFINITE
  /** Segments sent and not acknowledged, and the most of them in the current window of `cwndUsageSeq`. */
  packetsOut = 0
  maxPacketsOut = 0
  cwndUsageSeq = 0
  srtt = 0
  mdev = 0
  minRtt = NO_RTT
  /** Ticks of the last data segment sent and received. */
  lastSent = 0
  lastReceived = 0
  firstUnacked: Segment | null = null
  lastUnacked: Segment | null = null
  recovery: RecoveryState | null = null
  cubic: Cubic | null = null

  /** Next byte expected, what the last ACK said, and the right edge of the window that was offered. */
  rcvNxt = 0
  rcvWup = 0
  rcvEdge = 0
  reassembly: Reassembly | null = null

  /** When the retransmission timer fires and what for (icsk_pending), and the delayed ACK. */
  timerTick = NEVER
  timerKind = 0
  ackTick = NEVER

  constructor(tcp: Tcp, localAddress: Address, remoteAddress: Address, ports: number, state: number, handler: TcpHandler, context: unknown) {
    super(localAddress, remoteAddress, ports)
    this.tcp = tcp
    this.state = state
    this.handler = handler
    this.context = context
  }

  get isEstablished(): boolean {
    return this.state === ESTABLISHED || this.state === CLOSE_WAIT
  }

  /** Sends one message of so many bytes; the peer's application gets it when its last byte has arrived. */
  send(bytes: number, message: unknown): 'ok' | 'EPIPE' {
    if (this.state === CLOSED || (this.flags & (ORPHAN | FIN_QUEUED)) !== 0) return 'EPIPE'
    const end = this.writeSeq + bytes
    addMessage(this, this.writeSeq, end, message)
    this.writeSeq = end
    if (this.isEstablished) sendPending(this)
    return 'ok'
  }

  /** Closes the sending side after what is queued; the peer's answer can still come (shutdown(SHUT_WR)). */
  shutdown(): void {
    shutdownSend(this)
  }

  /** Closes: FIN after what is queued, RST at once if unread bytes are thrown away. No callback comes after it. */
  close(): void {
    closeSocket(this)
  }

  /** Closes with a RST (SO_LINGER 0). */
  abort(): void {
    resetConnection(this)
  }

  /** Stops reading: what arrives waits in the receive queue, and the window closes as it fills. */
  pause(): void {
    this.flags |= PAUSED
  }

  /** Reads on. What waits is delivered at the same instant, after this call. */
  resume(): void {
    if ((this.flags & PAUSED) === 0) return
    this.flags &= ~PAUSED
    this.tcp.agenda.post(this.tcp.agenda.now, readOn, this)
  }

  info(): TcpInfo {
    return {
      cwnd: this.cwnd,
      ssthresh: this.ssthresh,
    }
  }

  override receive(packet: Packet): void {
    receiveSegment(this, packet)
  }

  override onTick(tick: number): void {
    onSocketTick(this, tick)
  }
}

function readOn(socket: TcpSocket): void {
  if ((socket.flags & PAUSED) !== 0 || socket.state === CLOSED) return
  openWindow(socket)
  deliver(socket)
}
