import type { Nanos } from '../../engine/agenda.ts'
import { inFlight, reduceWindow } from './congestion.ts'
import { enterRecovery, markLost, retransmitQueue } from './recovery.ts'
import { RECOVERY, type RecoveryState } from './recovery-state.ts'
import { LOST, RETRANS, SACKED, SACKED_RETRANS, type Segment } from './segment.ts'
import type { TcpSocket } from './socket.ts'
import { rearmRetransmission, RETRANSMISSION, setReorderTimer } from './timers.ts'

/** Three segments above a hole prove it lost (tcp_reordering). */
const DUPTHRESH = 3

/** A segment sent at `sentAt` has arrived: everything sent well before it should have, too (tcp_rack_advance). */
export function advanceRack(socket: TcpSocket, r: RecoveryState, segment: Segment): void {
  const rtt = (socket.tcp.agenda.now - segment.sentAt) / 1000
  // Faster than any round trip so far: the original arrived, not the retransmission.
  if (rtt < socket.minRtt && (segment.marks & RETRANS) !== 0) return
  r.rackAdvanced = true
  r.rackRtt = rtt
  if (isSentAfter(segment.sentAt, segment.end, r.rackSentAt, r.rackEnd)) {
    r.rackSentAt = segment.sentAt
    r.rackEnd = segment.end
  }
}

/** After an ACK: marks what RACK holds lost, or sets the timer for it (tcp_rack_mark_lost). True if the timer was set. */
export function markLostByTime(socket: TcpSocket, r: RecoveryState): boolean {
  if (!r.rackAdvanced) return false
  r.rackAdvanced = false
  const wait = detectLoss(socket, r)
  if (wait > 0) setReorderTimer(socket, wait)
  return wait > 0
}

/** The reordering wait is over (tcp_rack_reo_timeout). */
export function onReorderTimeout(socket: TcpSocket): void {
  const r = socket.recovery
  if (r === null) return
  const before = inFlight(socket)
  const lostBefore = r.lostOut
  detectLoss(socket, r)
  if (before !== inFlight(socket)) {
    if (r.caState !== RECOVERY) {
      enterRecovery(socket, r)
      reduceWindow(socket, r, 1, r.lostOut - lostBefore, false)
    }
    retransmitQueue(socket, r)
  }
  if (socket.timerKind !== RETRANSMISSION) rearmRetransmission(socket)
}

/** Marks segments lost that were sent a round trip and a reordering window ago; returns how long (us) the youngest suspect may still take. */
function detectLoss(socket: TcpSocket, r: RecoveryState): number {
  const patience = r.rackRtt + reorderingWindow(socket, r)
  const now = socket.tcp.agenda.now
  let wait = 0
  for (let segment = socket.firstUnacked; segment !== null; segment = segment.next) {
    const marks = segment.marks & (SACKED | LOST | SACKED_RETRANS)
    const isSettled = (marks & SACKED) !== 0 || marks === LOST
    if (isSettled || !isSentAfter(r.rackSentAt, r.rackEnd, segment.sentAt, segment.end)) continue
    const remaining = patience - (now - segment.sentAt) / 1000
    if (remaining <= 0) markLost(r, segment)
    else if (remaining > wait) wait = remaining
  }
  return wait
}

/** How much later than its successors a segment may arrive without being lost (tcp_rack_reo_wnd). */
function reorderingWindow(socket: TcpSocket, r: RecoveryState): number {
  if (!r.reorderSeen && (r.caState >= RECOVERY || r.sackedOut >= DUPTHRESH)) return 0
  return Math.min(socket.minRtt >> 2, socket.srtt >> 3)
}

function isSentAfter(sentA: Nanos, endA: number, sentB: Nanos, endB: number): boolean {
  return sentA > sentB || (sentA === sentB && endA > endB)
}
