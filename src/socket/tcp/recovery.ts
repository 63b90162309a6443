import { CWND_INFINITE, currentSsthresh, inFlight, lowerSsthresh } from './congestion.ts'
import { retransmit, sendPending } from './output.ts'
import { markLostByTime } from './rack.ts'
import { DISORDER, LOSS, OPEN, RECOVERY, type RecoveryState } from './recovery-state.ts'
import { rtoOf } from './rtt.ts'
import { LOST, SACKED, SACKED_RETRANS, type Segment } from './segment.ts'
import type { TcpSocket } from './socket.ts'
import { RETRANSMISSION, REORDER, setTimer } from './timers.ts'

/** What an ACK said that recovery wants to know. */
export interface AckSigns {
  /** Segments newly acknowledged or SACKed. */
  delivered: number
  acked: boolean
  sacked: boolean
  /** A never retransmitted segment from before the time-out arrived. */
  originalArrived: boolean
  duplicateSack: boolean
  /** Neither data, nor progress, nor a window update came with it. */
  isDuplicate: boolean
  /** The timer is to be set anew. */
  setTimer: boolean
}

/** What to send once the window is up to date. */
export const SEND_NOTHING = 0
const SEND_NEW = 1
const SEND_LOST = 2

/**
 * The congestion state machine at an ACK that is not plain progress (tcp_fastretrans_alert, net/ipv4/tcp_input.c).
 * Returns what to retransmit.
 */
export function onDubiousAck(socket: TcpSocket, r: RecoveryState, signs: AckSigns): number {
  if (r.caState === OPEN) r.retransStamp = 0
  else if (r.caState === RECOVERY && socket.sndUna >= r.highSeq) endRecovery(socket, r)

  let next = SEND_NOTHING
  if (r.caState === LOSS) {
    next = onAckInLoss(socket, r, signs)
    const isLostAgain = identifyLoss(socket, r, signs)
    if (isInLoss(r) && !isLostAgain) return next
  } else {
    undoIfNeedless(socket, r)
    identifyLoss(socket, r, signs)
  }
  if (isInRecovery(r)) return SEND_LOST
  if (r.lostOut === 0) {
    keepOpen(socket, r)
    return next
  }
  enterRecovery(socket, r)
  return SEND_LOST
}

// Asked again after the state may have changed.
function isInLoss(r: RecoveryState): boolean {
  return r.caState === LOSS
}

function isInRecovery(r: RecoveryState): boolean {
  return r.caState === RECOVERY
}

/** Starts fast recovery (tcp_enter_recovery). */
export function enterRecovery(socket: TcpSocket, r: RecoveryState): void {
  r.priorSsthresh = 0
  rememberForUndo(socket, r)
  if (r.caState !== RECOVERY) {
    r.priorSsthresh = currentSsthresh(socket)
    beginReduction(socket, r)
  }
  r.caState = RECOVERY
}

/** A time-out: all that is out counts as lost, and the window falls to one segment (tcp_enter_loss). */
export function enterLoss(socket: TcpSocket, r: RecoveryState): void {
  const isNew = r.caState <= DISORDER || socket.sndUna >= r.highSeq || (r.caState === LOSS && r.retransmits === 0)
  const wasOutside = r.caState < RECOVERY
  markTimedOut(socket, r)
  if (isNew) {
    r.priorSsthresh = currentSsthresh(socket)
    r.priorCwnd = socket.cwnd
    lowerSsthresh(socket)
    rememberForUndo(socket, r)
  }
  socket.cwnd = inFlight(socket) + 1
  r.caState = LOSS
  r.highSeq = socket.sndNxt
  r.tlpHighSeq = 0
  r.frto = wasOutside || r.retransmits > 0
}

/** Retransmits what is marked lost, as far as the window allows (tcp_xmit_retransmit_queue). */
export function retransmitQueue(socket: TcpSocket, r: RecoveryState): void {
  if (retransmitLost(socket, r, socket.cwnd - inFlight(socket)) && socket.timerKind !== REORDER) {
    setTimer(socket, RETRANSMISSION, rtoOf(socket))
  }
}

/** Sends up to `budget` lost segments again; true if the oldest one was among them. */
export function retransmitLost(socket: TcpSocket, r: RecoveryState, budget: number): boolean {
  let left = budget
  let withHead = false
  for (let segment = socket.firstUnacked; segment !== null && left > 0 && r.retransOut < r.lostOut; segment = segment.next) {
    if ((segment.marks & (LOST | SACKED | SACKED_RETRANS)) !== LOST) continue
    left--
    if (segment === socket.firstUnacked) withHead = true
    countRetransmission(socket, r, segment)
    retransmit(socket, segment)
  }
  return withHead
}

export function markLost(r: RecoveryState, segment: Segment): void {
  if ((segment.marks & SACKED) !== 0) return
  if ((segment.marks & LOST) === 0) {
    segment.marks |= LOST
    r.lostOut++
  } else if ((segment.marks & SACKED_RETRANS) !== 0) {
    // The retransmission is lost, too.
    segment.marks &= ~SACKED_RETRANS
    r.retransOut--
  }
}

/** The probe at the tail has been answered (tcp_process_tlp_ack): if it repaired a loss, the window pays for it. */
export function onProbeAnswered(socket: TcpSocket, r: RecoveryState, signs: AckSigns): void {
  if (socket.sndUna < r.tlpHighSeq) return
  if (!r.tlpRetrans || signs.duplicateSack || (socket.sndUna === r.tlpHighSeq && signs.isDuplicate)) {
    r.tlpHighSeq = 0
  } else if (socket.sndUna > r.tlpHighSeq) {
    beginReduction(socket, r)
    socket.cwnd = socket.ssthresh
    keepOpen(socket, r)
  }
}

function countRetransmission(socket: TcpSocket, r: RecoveryState, segment: Segment): void {
  segment.marks |= SACKED_RETRANS
  r.retransOut++
  r.undoRetrans = Math.max(r.undoRetrans, 0) + 1
  if (r.retransStamp === 0) r.retransStamp = socket.tcp.agenda.now
  if (r.caState === RECOVERY) r.prrOut++
}

/** RACK looks for losses; true if a retransmission turned out to be lost. */
function identifyLoss(socket: TcpSocket, r: RecoveryState, signs: AckSigns): boolean {
  const retransBefore = r.retransOut
  if (socket.firstUnacked !== null && markLostByTime(socket, r)) signs.setTimer = false
  return r.retransOut < retransBefore
}

/** An ACK after a time-out (tcp_process_loss): F-RTO first finds out whether it was a mistake. */
function onAckInLoss(socket: TcpSocket, r: RecoveryState, signs: AckSigns): number {
  const recovered = socket.sndUna >= r.highSeq
  if (signs.acked && mayUndo(r)) return undoLoss(socket, r)
  if (r.frto) {
    if (signs.originalArrived) return undoLoss(socket, r)
    if (socket.sndNxt > r.highSeq) {
      if (signs.sacked || signs.isDuplicate) r.frto = false
    } else if (signs.acked && !recovered) {
      r.highSeq = socket.sndNxt
      if (socket.sndNxt < socket.writeSeq && socket.sndNxt < socket.sndUna + socket.sndWnd) return SEND_NEW
      r.frto = false
    }
  }
  if (!recovered) return SEND_LOST
  if (mayUndo(r)) undoReduction(socket, r, false)
  r.caState = OPEN
  return SEND_NOTHING
}

function undoLoss(socket: TcpSocket, r: RecoveryState): number {
  undoReduction(socket, r, true)
  r.retransmits = 0
  r.caState = OPEN
  return SEND_NOTHING
}

/** Every retransmission turned out to be a duplicate (tcp_try_undo_dsack). */
function undoIfNeedless(socket: TcpSocket, r: RecoveryState): void {
  if (!mayUndo(r)) return
  undoReduction(socket, r, false)
  if (r.caState === RECOVERY) keepOpen(socket, r)
}

function endRecovery(socket: TcpSocket, r: RecoveryState): void {
  if (mayUndo(r)) undoReduction(socket, r, false)
  else if (socket.ssthresh < CWND_INFINITE && r.undoMarker !== 0) socket.cwnd = socket.ssthresh
  r.caState = OPEN
}

/** tcp_try_keep_open: Open, or Disorder while something is missing. */
function keepOpen(socket: TcpSocket, r: RecoveryState): void {
  const state = r.sackedOut + r.lostOut + r.retransOut > 0 ? DISORDER : OPEN
  if (r.caState === state) return
  r.caState = state
  r.highSeq = socket.sndNxt
}

/** tcp_init_cwnd_reduction. */
function beginReduction(socket: TcpSocket, r: RecoveryState): void {
  r.highSeq = socket.sndNxt
  r.tlpHighSeq = 0
  r.priorCwnd = socket.cwnd
  r.prrDelivered = 0
  r.prrOut = 0
  lowerSsthresh(socket)
}

/** tcp_init_undo. */
function rememberForUndo(socket: TcpSocket, r: RecoveryState): void {
  r.undoMarker = socket.sndUna
  r.undoRetrans = r.retransOut + (r.tlpHighSeq !== 0 && r.tlpRetrans ? 1 : 0)
  // Nothing retransmitted yet is not the same as everything retransmitted for nothing.
  if (r.undoRetrans === 0) r.undoRetrans = -1
}

function mayUndo(r: RecoveryState): boolean {
  return r.undoMarker !== 0 && r.undoRetrans === 0
}

/** The loss was none: the window returns to what it was (tcp_undo_cwnd_reduction). */
function undoReduction(socket: TcpSocket, r: RecoveryState, unmark: boolean): void {
  if (unmark) {
    for (let segment = socket.firstUnacked; segment !== null; segment = segment.next) segment.marks &= ~LOST
    r.lostOut = 0
  }
  if (r.priorSsthresh !== 0) {
    socket.cwnd = Math.max(socket.cwnd, r.priorCwnd)
    if (r.priorSsthresh > socket.ssthresh) socket.ssthresh = r.priorSsthresh
  }
  r.undoMarker = 0
  r.rackAdvanced = true
}

/** tcp_timeout_mark_lost: all but what was sent too recently to say. */
function markTimedOut(socket: TcpSocket, r: RecoveryState): void {
  const now = socket.tcp.agenda.now
  for (let segment = socket.firstUnacked; segment !== null; segment = segment.next) {
    const isRecent = segment !== socket.firstUnacked && r.rackRtt - (now - segment.sentAt) / 1000 > 0
    if (!isRecent) markLost(r, segment)
  }
}

/** After the window has been brought up to date. */
export function sendAfterAck(socket: TcpSocket, r: RecoveryState, what: number): void {
  if (what === SEND_NOTHING) return
  if (what === SEND_NEW) {
    sendPending(socket)
    if (socket.sndNxt > r.highSeq) return
    r.frto = false
  }
  retransmitQueue(socket, r)
}

