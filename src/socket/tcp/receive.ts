import { NEVER } from '../../engine/timer-wheel.ts'
import { FIN, type Packet } from '../../kernel/packet.ts'
import { INITIAL_CWND } from './congestion.ts'
import { takeMessage, type Outbox } from './outbox.ts'
import { sendAck } from './output.ts'
import { Reassembly } from './reassembly.ts'
import type { TcpSocket } from './socket.ts'
import { ACK_OWED, CLOSED, END_TOLD, HAS_RECEIVED, ORPHAN, PAUSED, PEER_FIN, PINGPONG } from './states.ts'

/** TCP_ATO_MIN and TCP_DELACK_MIN: 40 ms in ticks. The kernel's adaptive part (up to 200 ms) is left out. */
export const DELAYED_ACK_TICKS = 10
/** What half of the default receive buffer (tcp_rmem 131072) offers. */
export const FIRST_WINDOW = 65_535

/** Takes in a segment's bytes and FIN, in order or not (tcp_data_queue). True if the FIN is in order now. */
export function receiveData(socket: TcpSocket, packet: Packet): boolean {
  const { seq } = packet
  const end = seq + packet.length
  const fin = (packet.tcpFlags & FIN) !== 0
  if (packet.length > 0 && packet.payload !== null) {
    // A payload of data is the sender's outbox: nothing else is ever put there.
    socket.inbox = packet.payload as Outbox
  }
  if (seq > socket.rcvNxt) {
    queueOutOfOrder(socket, seq, end, fin)
    return false
  }
  if (end < socket.rcvNxt || (end === socket.rcvNxt && !fin)) {
    reportDuplicate(socket, seq, end)
    sendAck(socket)
    return false
  }
  noteArrival(socket, packet)
  const { reassembly } = socket
  if (reassembly === null || reassembly.isEmpty) {
    socket.rcvNxt = end
    if (end > INITIAL_CWND * socket.tcp.mss && (socket.flags & PAUSED) === 0) tuneWindow(socket)
    return fin
  }
  socket.rcvNxt = reassembly.advance(end)
  // A hole has been filled: the sender shall know at once.
  socket.flags &= ~PINGPONG
  return fin || reassembly.finAt === socket.rcvNxt
}

/** Remembers that the peer repeats itself, for the next ACK's SACK option. */
export function reportDuplicate(socket: TcpSocket, start: number, end: number): void {
  if (end > start) reassemblyOf(socket).duplicate = [start, end]
}

/**
 * After a segment: acknowledges now or later (__tcp_ack_snd_check and tcp_cleanup_rbuf). Outside of interactive mode the
 * application's read empties the queue at once, and the ACK goes out; in it, an answer is expected to carry the ACK.
 */
export function acknowledgeData(socket: TcpSocket): void {
  if ((socket.flags & ACK_OWED) === 0) return
  const isInteractive = (socket.flags & PINGPONG) !== 0
  if (!isInteractive || socket.rcvNxt - socket.rcvWup > socket.tcp.mss || hasHole(socket)) sendAck(socket)
  else delayAck(socket)
}

function delayAck(socket: TcpSocket): void {
  if (socket.ackTick !== NEVER) return
  socket.ackTick = socket.tcp.wheel.expiry(DELAYED_ACK_TICKS)
  socket.tcp.wheel.arm(socket, socket.ackTick)
}

/** The delayed ACK's time is up: no answer carried it, so the conversation is not interactive after all. */
export function ackTimeout(socket: TcpSocket): void {
  if ((socket.flags & ACK_OWED) === 0) return
  socket.flags &= ~PINGPONG
  sendAck(socket)
}

/** An ACK has gone out, alone or with data. */
export function ackSent(socket: TcpSocket): void {
  socket.flags &= ~ACK_OWED
  socket.rcvWup = socket.rcvNxt
  socket.ackTick = NEVER
}

/** The window to advertise: what the buffer has room for, never less than was promised before. */
export function offeredWindow(socket: TcpSocket): number {
  const space = socket.reassembly === null ? FIRST_WINDOW : socket.reassembly.window
  const free = (socket.flags & PAUSED) === 0 ? space : space - unreadBytes(socket)
  if (free >= socket.tcp.mss && socket.rcvNxt + free > socket.rcvEdge) socket.rcvEdge = socket.rcvNxt + free
  return Math.max(socket.rcvEdge - socket.rcvNxt, 0)
}

/** The application reads on after a pause: a sender that was held back is told. */
export function openWindow(socket: TcpSocket): void {
  const before = socket.rcvEdge - socket.rcvNxt
  if (offeredWindow(socket) >= 2 * before) sendAck(socket)
}

/** Bytes that the application has left in the receive queue. */
export function unreadBytes(socket: TcpSocket): number {
  const first = socket.inbox?.firstMessage ?? null
  if (first === null || (socket.flags & PAUSED) === 0) return 0
  const end = socket.rcvNxt - ((socket.flags & PEER_FIN) === 0 ? 0 : 1)
  return Math.max(end - first.start, 0)
}

/** Tells the application what has arrived in order. */
export function deliver(socket: TcpSocket): void {
  const { inbox } = socket
  if (inbox !== null) {
    for (let message = inbox.firstMessage; message !== null && message.start < socket.rcvNxt; message = inbox.firstMessage) {
      if (!isReading(socket)) return
      if (!message.begun) {
        message.begun = true
        socket.handler.onFirstByte?.(socket, message.content)
      }
      if (message.end > socket.rcvNxt || !isReading(socket)) break
      takeMessage(inbox)
      socket.handler.onMessage?.(socket, message.content, message.end - message.start)
    }
  }
  if ((socket.flags & (PEER_FIN | END_TOLD)) === PEER_FIN && isReading(socket)) {
    socket.flags |= END_TOLD
    socket.handler.onEnd?.(socket)
  }
}

function isReading(socket: TcpSocket): boolean {
  return (socket.flags & (PAUSED | ORPHAN)) === 0 && (socket.state !== CLOSED || (socket.flags & PEER_FIN) !== 0)
}

function queueOutOfOrder(socket: TcpSocket, seq: number, end: number, fin: boolean): void {
  const reassembly = reassemblyOf(socket)
  if (fin) reassembly.finAt = end
  if (end > seq && reassembly.add(seq, end)) reassembly.duplicate = [seq, end]
  socket.flags &= ~PINGPONG
  sendAck(socket)
}

function hasHole(socket: TcpSocket): boolean {
  return socket.reassembly !== null && !socket.reassembly.isEmpty
}

function noteArrival(socket: TcpSocket, packet: Packet): void {
  socket.flags |= packet.length > 0 ? ACK_OWED | HAS_RECEIVED : ACK_OWED
  socket.lastReceived = socket.tcp.wheel.tick
}

/** Once a round trip: offers twice what was read in it, and more while that grows (tcp_rcv_space_adjust). */
function tuneWindow(socket: TcpSocket): void {
  const { tcp } = socket
  const now = tcp.agenda.now
  const q = reassemblyOf(socket)
  if (q.copied === 0) {
    q.copied = INITIAL_CWND * tcp.mss
    q.measureSeq = socket.rcvNxt
    q.measureAt = now
  }
  if ((now - q.measureAt) / 1000 < socket.srtt >> 3) return
  const copied = socket.rcvNxt - q.measureSeq
  if (copied > q.copied) {
    const window = 2 * copied + 16 * tcp.mss
    const grown = Math.floor(window + (2 * window * (copied - q.copied)) / q.copied)
    q.window = Math.max(q.window, Math.min(grown, tcp.sysctls.tcp_rmem_max >> 1))
    q.copied = copied
  }
  q.measureSeq = socket.rcvNxt
  q.measureAt = now
}

function reassemblyOf(socket: TcpSocket): Reassembly {
  socket.reassembly ??= new Reassembly(FIRST_WINDOW)
  return socket.reassembly
}
