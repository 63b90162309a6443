import type { Nanos } from '../../engine/agenda.ts'
import { NEVER } from '../../engine/timer-wheel.ts'
import { ACK, FIN, newPacket, PSH, SYN, TCP } from '../../kernel/packet.ts'
import { inFlight, noteWindowUse, restartAfterIdle } from './congestion.ts'
import { ackSent, DELAYED_ACK_TICKS, offeredWindow } from './receive.ts'
import { RECOVERY, RecoveryState } from './recovery-state.ts'
import { rtoOf } from './rtt.ts'
import { EVER_RETRANS, newSegment, WITH_FIN, type Segment } from './segment.ts'
import type { TcpSocket } from './socket.ts'
import { CLOSED, FIN_QUEUED, FIN_SENT, HAS_RECEIVED, PINGPONG } from './states.ts'
import { LOSS_PROBE, rearmRetransmission, scheduleLossProbe, setTimer, ZERO_WINDOW } from './timers.ts'

/** Sends new data as far as the windows allow (tcp_write_xmit); a queued FIN rides on the last segment. */
export function sendPending(socket: TcpSocket): void {
  const end = streamEnd(socket)
  if (socket.sndNxt >= end || socket.state === CLOSED) return
  restartAfterIdle(socket)
  const before = socket.packetsOut
  let limited = false
  while (socket.sndNxt < end) {
    // A FIN alone does not wait for the congestion window.
    if (inFlight(socket) >= socket.cwnd && socket.sndNxt < socket.writeSeq) {
      limited = true
      break
    }
    if (!sendNext(socket)) break
  }
  const sent = socket.packetsOut - before
  if (sent > 0) {
    if (socket.recovery?.caState === RECOVERY) socket.recovery.prrOut += sent
    const isUnwatched = before === 0 || socket.timerKind === LOSS_PROBE
    if (!scheduleLossProbe(socket, false) && isUnwatched) rearmRetransmission(socket)
    noteWindowUse(socket, limited || inFlight(socket) >= socket.cwnd)
  } else if (socket.packetsOut === 0 && socket.timerTick === NEVER) {
    setTimer(socket, ZERO_WINDOW, rtoOf(socket))
  }
}

/** Where the stream ends, as far as it is known: after the FIN once that is queued. */
export function streamEnd(socket: TcpSocket): number {
  return (socket.flags & FIN_QUEUED) === 0 ? socket.writeSeq : socket.writeSeq + 1
}

/** Sends the next segment of new data; false if it does not fit into the peer's window as a whole. */
export function sendNext(socket: TcpSocket): boolean {
  const start = socket.sndNxt
  const bytes = Math.min(socket.tcp.mss, socket.writeSeq - start)
  const isLast = start + bytes === socket.writeSeq
  const fin = isLast && (socket.flags & FIN_QUEUED) !== 0
  const end = start + bytes + (fin ? 1 : 0)
  if (end > socket.sndUna + socket.sndWnd) return false
  const now = socket.tcp.agenda.now
  append(socket, newSegment(start, end, now, fin ? WITH_FIN : 0))
  socket.sndNxt = end
  if (fin) socket.flags |= FIN_SENT
  if (bytes > 0) noteDataSent(socket)
  transmit(socket, ACK | (isLast && bytes > 0 ? PSH : 0) | (fin ? FIN : 0), start, bytes)
  return true
}

/** Sends a segment again (__tcp_retransmit_skb). */
export function retransmit(socket: TcpSocket, segment: Segment): void {
  const now: Nanos = socket.tcp.agenda.now
  segment.sentAt = now
  segment.marks |= EVER_RETRANS
  recoveryOf(socket).totalRetrans++
  const fin = (segment.marks & WITH_FIN) !== 0
  const bytes = segment.end - segment.start - (fin ? 1 : 0)
  const isLast = segment.end === streamEnd(socket)
  transmit(socket, ACK | (isLast && bytes > 0 ? PSH : 0) | (fin ? FIN : 0), segment.start, bytes)
}

/** An ACK alone, now. */
export function sendAck(socket: TcpSocket): void {
  transmit(socket, ACK, socket.sndNxt, 0)
}

/** Makes a packet of the socket's present state and hands it to the kernel. */
export function transmit(socket: TcpSocket, flags: number, seq: number, bytes: number): void {
  const packet = newPacket()
  packet.protocol = TCP
  packet.source = socket.localAddress
  packet.destination = socket.remoteAddress
  packet.sourcePort = socket.localPort
  packet.destinationPort = socket.remotePort
  packet.tcpFlags = flags
  packet.seq = seq
  packet.window = offeredWindow(socket)
  packet.length = bytes
  // Only what the other end waits for is counted: the handshake and the end of a message. The rest travels meanwhile.
  if ((flags & (SYN | PSH)) !== 0) packet.ledger = socket.ledger
  packet.journey = socket.journey
  if (bytes > 0) packet.payload = socket
  if ((flags & ACK) !== 0) {
    packet.ack = socket.rcvNxt
    if (socket.reassembly !== null) packet.sack = socket.reassembly.takeBlocks()
    ackSent(socket)
  }
  // A local firewall's refusal is not reported to a TCP socket: the segment counts as lost.
  socket.tcp.network.transmit(packet)
}

/** The memory for trouble, made when the first trouble comes. */
export function recoveryOf(socket: TcpSocket): RecoveryState {
  socket.recovery ??= new RecoveryState()
  return socket.recovery
}

function append(socket: TcpSocket, segment: Segment): void {
  if (socket.lastUnacked === null) socket.firstUnacked = segment
  else socket.lastUnacked.next = segment
  socket.lastUnacked = segment
  socket.packetsOut++
}

/** An answer within the delayed-ACK time after data came in: the conversation is interactive (tcp_event_data_sent). */
function noteDataSent(socket: TcpSocket): void {
  const tick = socket.tcp.wheel.tick
  socket.lastSent = tick
  if ((socket.flags & HAS_RECEIVED) !== 0 && tick - socket.lastReceived < DELAYED_ACK_TICKS) socket.flags |= PINGPONG
}
