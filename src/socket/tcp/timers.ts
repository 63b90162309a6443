import { NEVER, ticksOf } from '../../engine/timer-wheel.ts'
import { SYN } from '../../kernel/packet.ts'
import { fail } from './close.ts'
import { recoveryOf, retransmit, sendAck, sendNext, transmit } from './output.ts'
import { onReorderTimeout } from './rack.ts'
import { ackTimeout } from './receive.ts'
import { enterLoss, retransmitLost } from './recovery.ts'
import { OPEN, type RecoveryState } from './recovery-state.ts'
import { RTO_INIT, RTO_MAX, RTO_MIN, rtoOf } from './rtt.ts'
import type { TcpSocket } from './socket.ts'
import { CLOSED, ORPHAN, SYN_SENT } from './states.ts'

/** What the retransmission timer will do (icsk_pending). */
export const RETRANSMISSION = 1
export const LOSS_PROBE = 2
export const REORDER = 3
export const ZERO_WINDOW = 4

/** TCP_TIMEOUT_MIN_US. */
const TIMEOUT_MIN = 2000

/** Sets the retransmission timer so many microseconds ahead, in place of whatever it was set for. */
export function setTimer(socket: TcpSocket, kind: number, microseconds: number): void {
  const { wheel } = socket.tcp
  socket.timerKind = kind
  socket.timerTick = wheel.expiry(ticksOf(microseconds))
  wheel.arm(socket, socket.timerTick)
}

export function clearTimer(socket: TcpSocket): void {
  socket.timerKind = 0
  socket.timerTick = NEVER
}

/** Starts the retransmission timeout, from now or, in place of a probe, from when the oldest segment was sent (tcp_rearm_rto). */
export function rearmRetransmission(socket: TcpSocket): void {
  if (socket.packetsOut === 0) {
    clearTimer(socket)
    return
  }
  const inPlaceOfProbe = socket.timerKind === REORDER || socket.timerKind === LOSS_PROBE
  setTimer(socket, RETRANSMISSION, inPlaceOfProbe ? Math.max(timeToRto(socket), 1) : rtoOf(socket))
}

/** Progress: a probe or the timeout starts anew (tcp_set_xmit_timer). */
export function restartTimer(socket: TcpSocket): void {
  if (!scheduleLossProbe(socket, true)) rearmRetransmission(socket)
}

/** Waits two round trips for an ACK before probing for the tail (tcp_schedule_loss_probe). False in loss recovery. */
export function scheduleLossProbe(socket: TcpSocket, advancing: boolean): boolean {
  if (socket.packetsOut === 0 || (socket.recovery !== null && socket.recovery.caState !== OPEN)) return false
  let wait = RTO_INIT
  // A lone segment's ACK may be delayed at the other end.
  if (socket.srtt > 0) wait = (socket.srtt >> 2) + (socket.packetsOut === 1 ? RTO_MIN : TIMEOUT_MIN)
  const rto = advancing ? rtoOf(socket) : timeToRto(socket)
  if (rto > 0) wait = Math.min(wait, rto)
  setTimer(socket, LOSS_PROBE, wait)
  return true
}

/** Sets the RACK reordering timer. */
export function setReorderTimer(socket: TcpSocket, microseconds: number): void {
  setTimer(socket, REORDER, microseconds + TIMEOUT_MIN)
}

export function onSocketTick(socket: TcpSocket, tick: number): void {
  if (socket.state === CLOSED) return
  if (socket.ackTick <= tick) {
    socket.ackTick = NEVER
    ackTimeout(socket)
  }
  if (socket.timerTick <= tick) {
    const kind = socket.timerKind
    socket.timerTick = NEVER
    onTimer(socket, kind)
  }
  const next = Math.min(socket.timerTick, socket.ackTick)
  if (next !== NEVER && !isClosed(socket)) socket.tcp.wheel.arm(socket, next)
}

/** Asked again after handlers ran, which may have closed the socket. */
function isClosed(socket: TcpSocket): boolean {
  return socket.state === CLOSED
}

function onTimer(socket: TcpSocket, kind: number): void {
  if (socket.state === SYN_SENT) onSynTimeout(socket)
  else if (kind === LOSS_PROBE) sendLossProbe(socket)
  else if (kind === REORDER) onReorderTimeout(socket)
  else if (kind === ZERO_WINDOW) probeWindow(socket)
  else onRetransmissionTimeout(socket)
}

/** Microseconds until the oldest segment's timeout; negative when it is past. */
function timeToRto(socket: TcpSocket): number {
  const sentAt = socket.firstUnacked?.sentAt ?? socket.tcp.agenda.now
  return rtoOf(socket) - (socket.tcp.agenda.now - sentAt) / 1000
}

/** The first tcp_syn_linear_timeouts retries come a second apart, then the wait doubles (tcp_retransmit_timer). */
function onSynTimeout(socket: TcpSocket): void {
  const { sysctls } = socket.tcp
  const r = recoveryOf(socket)
  if (r.retransmits >= sysctls.tcp_syn_retries + sysctls.tcp_syn_linear_timeouts) {
    fail(socket, { errno: 'ETIMEDOUT' })
    return
  }
  countTimeout(r)
  if (r.totalRto > sysctls.tcp_syn_linear_timeouts) r.backoff++
  r.totalRetrans++
  setTimer(socket, RETRANSMISSION, rtoOf(socket))
  transmit(socket, SYN, 0, 0)
}

/** One probe at the tail: new data if there is any, else the last segment again (tcp_send_loss_probe). */
function sendLossProbe(socket: TcpSocket): void {
  const r = recoveryOf(socket)
  if (r.tlpHighSeq === 0 && probeTail(socket, r)) {
    r.tlpHighSeq = socket.sndNxt
    // The timeout runs from now, not from when the oldest segment was sent.
    socket.timerKind = 0
  }
  rearmRetransmission(socket)
}

function probeTail(socket: TcpSocket, r: RecoveryState): boolean {
  r.tlpRetrans = false
  if (socket.sndNxt < socket.writeSeq && sendNext(socket)) return true
  if (socket.lastUnacked === null) return false
  retransmit(socket, socket.lastUnacked)
  r.tlpRetrans = true
  return true
}

function onRetransmissionTimeout(socket: TcpSocket): void {
  if (socket.firstUnacked === null) return
  const r = recoveryOf(socket)
  if (isGivenUp(socket, r)) {
    fail(socket, { errno: 'ETIMEDOUT' })
    return
  }
  enterLoss(socket, r)
  countTimeout(r)
  retransmitLost(socket, r, 1)
  r.backoff++
  setTimer(socket, RETRANSMISSION, rtoOf(socket))
}

function countTimeout(r: RecoveryState): void {
  r.retransmits++
  r.totalRto++
}

/** retransmits_timed_out: as long as so many doublings from 200 ms on would have lasted. */
function isGivenUp(socket: TcpSocket, r: RecoveryState): boolean {
  if (r.retransmits === 0) return false
  const tries = (socket.flags & ORPHAN) === 0 ? socket.tcp.sysctls.tcp_retries2 : ORPHAN_RETRIES
  // Nine doublings reach RTO_MAX.
  const doubling = Math.min(tries, 9)
  const limit = ((2 << doubling) - 1) * RTO_MIN + (tries - doubling) * RTO_MAX
  return (socket.tcp.agenda.now - r.retransStamp) / 1000 >= limit
}

/** tcp_orphan_retries 0 means 8. */
const ORPHAN_RETRIES = 8

/** The peer's window is closed: ask again with an old byte (tcp_xmit_probe_skb), ever more slowly. */
function probeWindow(socket: TcpSocket): void {
  const r = recoveryOf(socket)
  if (socket.packetsOut > 0 || socket.sndNxt >= socket.writeSeq) return
  r.backoff++
  transmitWindowProbe(socket)
  setTimer(socket, ZERO_WINDOW, rtoOf(socket))
}

function transmitWindowProbe(socket: TcpSocket): void {
  const next = socket.sndNxt
  socket.sndNxt = socket.sndUna - 1
  sendAck(socket)
  socket.sndNxt = next
}
