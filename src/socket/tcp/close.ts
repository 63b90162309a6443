import { NEVER } from '../../engine/timer-wheel.ts'
import { ACK, RST, type Packet } from '../../kernel/packet.ts'
import type { SocketError } from '../errors.ts'
import { sendAck, sendPending, transmit } from './output.ts'
import { unreadBytes } from './receive.ts'
import { sampleRtt } from './rtt.ts'
import { freeSegment } from './segment.ts'
import type { TcpSocket } from './socket.ts'
import {
  CLOSED, CLOSE_WAIT, ESTABLISHED, FIN_QUEUED, FIN_WAIT1, FIN_WAIT2, LAST_ACK, ORPHAN, PASSIVE, SYN_SENT,
} from './states.ts'
import { clearTimer } from './timers.ts'
import { FIN_WAIT_RECORD, type TimeWaitState } from './timewait.ts'

/** The SYN-ACK has come: the handshake is done (tcp_finish_connect). */
export function finishConnect(socket: TcpSocket, packet: Packet): void {
  const syn = socket.firstUnacked
  socket.state = ESTABLISHED
  socket.sndUna = packet.ack
  socket.sndWnd = packet.window
  socket.rcvNxt = packet.seq + 1
  if (syn !== null) sampleRtt(socket, (socket.tcp.agenda.now - syn.sentAt) / 1000)
  forgetSegments(socket)
  clearTimer(socket)
  beginTransfer(socket, socket.recovery?.totalRetrans ?? 0)
  sendAck(socket)
  socket.handler.onConnected?.(socket)
  if (socket.isEstablished) sendPending(socket)
}

/** tcp_init_transfer: a handshake that took several tries speaks for a bad path, and the window starts at one segment. */
export function beginTransfer(socket: TcpSocket, retransmissions: number): void {
  if (retransmissions > 1) socket.cwnd = 1
  socket.recovery = null
}

/** shutdown(SHUT_WR). */
export function shutdownSend(socket: TcpSocket): void {
  if ((socket.flags & FIN_QUEUED) !== 0) return
  if (socket.state === ESTABLISHED) socket.state = FIN_WAIT1
  else if (socket.state === CLOSE_WAIT) socket.state = LAST_ACK
  else return
  socket.flags |= FIN_QUEUED
  sendPending(socket)
}

/** close() (tcp_close): unread bytes make it a reset, because the peer must not believe that they were read. */
export function closeSocket(socket: TcpSocket): void {
  if ((socket.flags & ORPHAN) !== 0) return
  if (socket.state === SYN_SENT) {
    socket.flags |= ORPHAN
    destroy(socket)
    return
  }
  if (unreadBytes(socket) > 0) {
    resetConnection(socket)
    return
  }
  socket.flags |= ORPHAN
  shutdownSend(socket)
  if (socket.state === FIN_WAIT2) enterTimeWait(socket, FIN_WAIT_RECORD)
}

/** Sends a RST and forgets the connection (tcp_send_active_reset). */
export function resetConnection(socket: TcpSocket): void {
  socket.flags |= ORPHAN
  if (socket.state === CLOSED) return
  if (socket.state !== SYN_SENT) {
    transmit(socket, RST | ACK, socket.sndNxt, 0)
  }
  destroy(socket)
}

/** The connection is gone, and the application is told, unless it has closed before. */
export function fail(socket: TcpSocket, error: SocketError): void {
  destroy(socket)
  if ((socket.flags & ORPHAN) === 0) socket.handler.onError(socket, error)
}

/** What remains is a small record that answers for the connection (tcp_time_wait). */
export function enterTimeWait(socket: TcpSocket, state: TimeWaitState): void {
  socket.tcp.timeWaits.add(socket, socket.sndNxt, socket.rcvNxt, state)
  forget(socket)
}

/** Nothing remains of the connection, and its port is free again. */
export function destroy(socket: TcpSocket): void {
  if (socket.state === CLOSED) return
  if ((socket.flags & PASSIVE) === 0) socket.tcp.ports.releases++
  forget(socket)
}

/** Takes the socket out of the kernel's tables; nothing reaches it any more. */
function forget(socket: TcpSocket): void {
  socket.state = CLOSED
  socket.tcp.connections.remove(socket)
  socket.tcp.wheel.disarm(socket)
  socket.ackTick = NEVER
  clearTimer(socket)
  forgetSegments(socket)
}

function forgetSegments(socket: TcpSocket): void {
  for (let segment = socket.firstUnacked; segment !== null; ) {
    const { next } = segment
    freeSegment(segment)
    segment = next
  }
  socket.firstUnacked = null
  socket.lastUnacked = null
  socket.packetsOut = 0
}
