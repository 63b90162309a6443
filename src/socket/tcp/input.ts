import { ACK, FIN, RST, SYN, type Packet } from '../../kernel/packet.ts'
import { processAck } from './ack.ts'
import { destroy, enterTimeWait, fail, finishConnect } from './close.ts'
import { recoveryOf, sendAck, sendPending, streamEnd } from './output.ts'
import { acknowledgeData, deliver, receiveData, reportDuplicate } from './receive.ts'
import { FIN_WAIT_RECORD, TIME_WAIT_RECORD } from './timewait.ts'
import type { TcpSocket } from './socket.ts'
import {
  CLOSED, CLOSE_WAIT, CLOSING, ESTABLISHED, FIN_SENT, FIN_WAIT1, FIN_WAIT2, LAST_ACK, ORPHAN, PASSIVE, PEER_FIN, PINGPONG, SYN_SENT,
} from './states.ts'

/** tcp_invalid_ratelimit in ticks: how often a pure ACK out of the window is answered, so that two ends never argue for ever. */
const INVALID_RATELIMIT = 125

/** A segment for this socket (tcp_rcv_established and tcp_rcv_state_process, net/ipv4/tcp_input.c). */
export function receiveSegment(socket: TcpSocket, packet: Packet): void {
  if ((socket.flags & PASSIVE) !== 0) followRequest(socket, packet)
  if (socket.state === SYN_SENT) {
    receiveInSynSent(socket, packet)
    return
  }
  if (!isAcceptable(socket, packet)) return
  if (packet.ack > socket.sndNxt) {
    sendAck(socket)
    return
  }
  processAck(socket, packet)
  if ((socket.flags & FIN_SENT) !== 0 && socket.sndUna === streamEnd(socket)) onFinAcknowledged(socket, packet)
  if (isClosed(socket)) return
  if (packet.length > 0 || (packet.tcpFlags & FIN) !== 0) {
    if (isForNobody(socket, packet)) {
      socket.tcp.answerWithReset(packet)
      destroy(socket)
      return
    }
    if (receiveData(socket, packet)) receiveFin(socket)
    if (isClosed(socket)) return
  }
  sendPending(socket)
  acknowledgeData(socket)
  deliver(socket)
}

/** What a server sends belongs to the request it last heard of. */
function followRequest(socket: TcpSocket, packet: Packet): void {
  if (packet.ledger !== null) socket.ledger = packet.ledger
  if (packet.journey !== null) socket.journey = packet.journey
}

/** tcp_validate_incoming: sequence number in the window, no RST, no SYN, an ACK. Answers what calls for it. */
function isAcceptable(socket: TcpSocket, packet: Packet): boolean {
  const flags = packet.tcpFlags
  const end = packet.seq + packet.length + (flags & FIN)
  if (end < socket.rcvWup || packet.seq > Math.max(socket.rcvEdge, socket.rcvNxt)) {
    if ((flags & RST) === 0) answerOutOfWindow(socket, packet, end)
    return false
  }
  if ((flags & RST) !== 0) {
    // RFC 5961: only the exact sequence number resets, anything else in the window is asked about.
    if (packet.seq === socket.rcvNxt) fail(socket, { errno: (socket.flags & PEER_FIN) !== 0 ? 'EPIPE' : 'ECONNRESET' })
    else sendAck(socket)
    return false
  }
  if ((flags & SYN) !== 0) {
    sendAck(socket)
    return false
  }
  return (flags & ACK) !== 0
}

function answerOutOfWindow(socket: TcpSocket, packet: Packet, end: number): void {
  if (packet.length === 0 && (packet.tcpFlags & SYN) === 0) {
    const { tick } = socket.tcp.wheel
    const r = recoveryOf(socket)
    if (tick - r.lastInvalid < INVALID_RATELIMIT) return
    r.lastInvalid = tick
  }
  reportDuplicate(socket, packet.seq, Math.min(end, socket.rcvNxt))
  sendAck(socket)
}

/** The application has closed: there is nobody to read new data. */
function isForNobody(socket: TcpSocket, packet: Packet): boolean {
  return (socket.flags & ORPHAN) !== 0 && packet.length > 0 && packet.seq + packet.length > socket.rcvNxt
}

function onFinAcknowledged(socket: TcpSocket, packet: Packet): void {
  if (socket.state === FIN_WAIT1) {
    socket.state = FIN_WAIT2
    if ((socket.flags & ORPHAN) !== 0 && (packet.tcpFlags & FIN) === 0 && packet.length === 0) enterTimeWait(socket, FIN_WAIT_RECORD)
  } else if (socket.state === CLOSING) {
    enterTimeWait(socket, TIME_WAIT_RECORD)
  } else if (socket.state === LAST_ACK) {
    destroy(socket)
  }
}

/** The peer's FIN is in order (tcp_fin). */
function receiveFin(socket: TcpSocket): void {
  socket.rcvNxt++
  if (socket.reassembly !== null) socket.reassembly.finAt = -1
  socket.flags |= PEER_FIN
  if (socket.state === ESTABLISHED) {
    socket.state = CLOSE_WAIT
    // The application will close too, and its FIN carries the ACK.
    socket.flags |= PINGPONG
  } else if (socket.state === FIN_WAIT1) {
    socket.state = CLOSING
    sendAck(socket)
  } else if (socket.state === FIN_WAIT2) {
    sendAck(socket)
    enterTimeWait(socket, TIME_WAIT_RECORD)
    deliver(socket)
  }
}

function receiveInSynSent(socket: TcpSocket, packet: Packet): void {
  const flags = packet.tcpFlags
  if ((flags & ACK) === 0) return
  if (packet.ack !== socket.sndNxt) {
    if ((flags & RST) === 0) socket.tcp.answerWithReset(packet)
    return
  }
  if ((flags & RST) !== 0) fail(socket, { errno: 'ECONNREFUSED' })
  else if ((flags & SYN) !== 0) finishConnect(socket, packet)
}

/** Asked again after handlers ran, which may have closed the socket. */
function isClosed(socket: TcpSocket): boolean {
  return socket.state === CLOSED
}
