import { Cubic } from './cubic.ts'
import { DISORDER, OPEN, type RecoveryState } from './recovery-state.ts'
import { rtoOf } from './rtt.ts'
import type { TcpSocket } from './socket.ts'
import { CWND_LIMITED } from './states.ts'

/** TCP_INIT_CWND (RFC 6928). */
export const INITIAL_CWND = 10
/** TCP_INFINITE_SSTHRESH: slow start has no end yet. */
export const CWND_INFINITE = 0x7fff_ffff

/** Segments thought to be in the network (tcp_packets_in_flight). */
export function inFlight(socket: TcpSocket): number {
  const r = socket.recovery
  return r === null ? socket.packetsOut : socket.packetsOut - r.sackedOut - r.lostOut + r.retransOut
}

/** Opens the window for `acked` segments that have arrived (tcp_cong_avoid): doubling a round trip, cubic above ssthresh. */
export function growWindow(socket: TcpSocket, acked: number): void {
  if (!isCwndLimited(socket)) return
  let left = acked
  if (socket.cwnd < socket.ssthresh) {
    const grown = Math.min(socket.cwnd + left, socket.ssthresh)
    left -= grown - socket.cwnd
    socket.cwnd = grown
    if (left === 0) return
  }
  socket.cubic ??= new Cubic()
  socket.cwnd = socket.cubic.avoid(socket.cwnd, left, socket.tcp.agenda.now, socket.srtt >> 3)
}

/** tcp_is_cwnd_limited: a window that is not used does not grow. */
function isCwndLimited(socket: TcpSocket): boolean {
  if ((socket.flags & CWND_LIMITED) !== 0) return true
  return socket.cwnd < socket.ssthresh && socket.cwnd < 2 * socket.maxPacketsOut
}

/** After sending: notes whether the window was what stopped it, for this window of data (tcp_cwnd_validate). */
export function noteWindowUse(socket: TcpSocket, limited: boolean): void {
  const wasLimited = (socket.flags & CWND_LIMITED) !== 0
  if (socket.sndUna >= socket.cwndUsageSeq || limited || (!wasLimited && socket.packetsOut > socket.maxPacketsOut)) {
    socket.flags = limited ? socket.flags | CWND_LIMITED : socket.flags & ~CWND_LIMITED
    socket.maxPacketsOut = socket.packetsOut
    socket.cwndUsageSeq = socket.sndNxt
  }
}

/** Before sending after a pause: a window that has not been used for longer than the RTO is no longer trusted (tcp_cwnd_restart). */
export function restartAfterIdle(socket: TcpSocket): void {
  if (socket.packetsOut > 0 || socket.cwnd <= INITIAL_CWND || socket.tcp.sysctls.tcp_slow_start_after_idle === 0) return
  const rto = Math.ceil(rtoOf(socket) / 4000)
  let idle = socket.tcp.wheel.tick - socket.lastSent
  if (idle <= rto) return
  socket.ssthresh = currentSsthresh(socket)
  for (idle -= rto; idle > 0 && socket.cwnd > INITIAL_CWND; idle -= rto) socket.cwnd >>= 1
  socket.cwnd = Math.max(socket.cwnd, INITIAL_CWND)
  socket.cubic?.restart()
}

/** The threshold to remember (tcp_current_ssthresh): outside of a reduction at least three quarters of the window. */
export function currentSsthresh(socket: TcpSocket): number {
  const r = socket.recovery
  if (r !== null && r.caState !== OPEN && r.caState !== DISORDER) return socket.ssthresh
  return Math.max(socket.ssthresh, (socket.cwnd >> 1) + (socket.cwnd >> 2))
}

/** A loss: cubic remembers the window and lowers the threshold to 0.7 of it. */
export function lowerSsthresh(socket: TcpSocket): void {
  socket.cubic ??= new Cubic()
  socket.ssthresh = socket.cubic.onLoss(socket.cwnd)
}

/** The window during a reduction (tcp_cwnd_reduction, RFC 6937): sends in proportion to what arrives. */
export function reduceWindow(socket: TcpSocket, r: RecoveryState, delivered: number, newlyLost: number, advanced: boolean): void {
  if (delivered <= 0 || r.priorCwnd === 0) return
  const room = socket.ssthresh - inFlight(socket)
  r.prrDelivered += delivered
  let send: number
  if (room < 0) {
    send = Math.floor((socket.ssthresh * r.prrDelivered + r.priorCwnd - 1) / r.priorCwnd) - r.prrOut
  } else {
    send = Math.max(r.prrDelivered - r.prrOut, delivered)
    if (advanced && newlyLost === 0) send++
    send = Math.min(room, send)
  }
  // The first retransmission always goes out.
  send = Math.max(send, r.prrOut > 0 ? 0 : 1)
  socket.cwnd = inFlight(socket) + send
}
