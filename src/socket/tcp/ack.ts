import { NEVER } from '../../engine/timer-wheel.ts'
import type { Packet } from '../../kernel/packet.ts'
import { growWindow, reduceWindow } from './congestion.ts'
import { recoveryOf } from './output.ts'
import { advanceRack } from './rack.ts'
import { onDubiousAck, onProbeAnswered, sendAfterAck, SEND_NOTHING, type AckSigns } from './recovery.ts'
import { OPEN, RECOVERY, type RecoveryState } from './recovery-state.ts'
import { sampleRtt } from './rtt.ts'
import { EVER_RETRANS, freeSegment, LOST, RETRANS, SACKED, SACKED_RETRANS, type Segment } from './segment.ts'
import type { TcpSocket } from './socket.ts'
import { clearTimer, restartTimer, ZERO_WINDOW } from './timers.ts'

/** Takes in the acknowledgement of a segment: window, SACK blocks, retransmission queue, congestion control (tcp_ack). */
export function processAck(socket: TcpSocket, packet: Packet): void {
  if (packet.ack < socket.sndUna || packet.ack > socket.sndNxt) return
  const windowBefore = socket.sndWnd
  socket.sndWnd = packet.window
  if (socket.packetsOut === 0) {
    if (socket.timerKind === ZERO_WINDOW && packet.window > 0) endWindowProbes(socket)
    socket.sndUna = packet.ack
    return
  }
  if (packet.sack === null && socket.recovery === null) acknowledgePlainly(socket, packet.ack)
  else acknowledge(socket, packet, windowBefore !== packet.window)
}

/** The common case: nothing was ever lost, and everything up to `ack` has arrived. */
function acknowledgePlainly(socket: TcpSocket, ack: number): void {
  if (ack === socket.sndUna) return
  socket.sndUna = ack
  const now = socket.tcp.agenda.now
  const before = socket.packetsOut
  let segment = socket.firstUnacked
  let firstSentAt = -1
  while (segment !== null && segment.end <= ack) {
    if (firstSentAt < 0) firstSentAt = segment.sentAt
    segment = dropFirst(socket, segment)
  }
  if (firstSentAt < 0) return
  sampleRtt(socket, (now - firstSentAt) / 1000)
  restartTimer(socket)
  growWindow(socket, before - socket.packetsOut)
}

function acknowledge(socket: TcpSocket, packet: Packet, windowChanged: boolean): void {
  const r = recoveryOf(socket)
  const advanced = packet.ack > socket.sndUna
  const lostBefore = r.lostOut
  const signs: AckSigns = {
    delivered: 0,
    acked: advanced,
    sacked: false,
    originalArrived: false,
    duplicateSack: false,
    isDuplicate: !advanced && packet.length === 0 && !windowChanged,
    setTimer: false,
  }
  if (advanced) r.retransmits = 0
  const priorUna = socket.sndUna
  socket.sndUna = packet.ack
  if (packet.sack !== null) readSackBlocks(socket, r, packet.sack, priorUna, signs)
  cleanQueue(socket, r, signs)
  if (r.tlpHighSeq !== 0) onProbeAnswered(socket, r, signs)

  let next = SEND_NOTHING
  const isDubious = signs.isDuplicate || signs.sacked || signs.duplicateSack || r.caState !== OPEN
  if (isDubious) next = onDubiousAck(socket, r, signs)
  if (signs.setTimer) restartTimer(socket)
  if (r.caState === RECOVERY) reduceWindow(socket, r, signs.delivered, Math.max(r.lostOut - lostBefore, 0), advanced)
  else if (advanced || (signs.sacked && r.reorderSeen)) growWindow(socket, signs.delivered)
  sendAfterAck(socket, r, next)
}

/** Takes everything acknowledged off the queue (tcp_clean_rtx_queue). */
function cleanQueue(socket: TcpSocket, r: RecoveryState, signs: AckSigns): void {
  const now = socket.tcp.agenda.now
  let rtt = -1
  let segment = socket.firstUnacked
  const headBefore = segment
  while (segment !== null && segment.end <= socket.sndUna) {
    const sample = settle(socket, r, segment, signs)
    if (rtt < 0) rtt = sample
    segment = dropFirst(socket, segment)
  }
  if (rtt >= 0) {
    sampleRtt(socket, rtt)
    r.backoff = 0
  }
  if (segment !== headBefore) signs.setTimer = true
  // Do not extend the timeout by what was sent after the head.
  else if (segment !== null && signs.sacked && r.rackRtt > (now - segment.sentAt) / 1000) signs.setTimer = true
}

/** Books one acknowledged segment out; returns its round trip in microseconds, or -1 if it says nothing. */
function settle(socket: TcpSocket, r: RecoveryState, segment: Segment, signs: AckSigns): number {
  const { marks } = segment
  if ((marks & SACKED_RETRANS) !== 0) r.retransOut--
  if ((marks & SACKED) !== 0) {
    r.sackedOut--
  } else {
    signs.delivered++
    advanceRack(socket, r, segment)
    if ((marks & RETRANS) === 0) {
      if (segment.end <= r.highSeq) signs.originalArrived = true
      // It was SACKed around, and yet it came: segments overtake each other here.
      if (segment.start < r.highestSack) r.reorderSeen = true
    }
  }
  if ((marks & LOST) !== 0) r.lostOut--
  if ((marks & SACKED) !== 0) return -1
  const rtt = (socket.tcp.agenda.now - segment.sentAt) / 1000
  // The timestamp option tells which transmission arrived; faster than ever before means an earlier one.
  return (marks & EVER_RETRANS) !== 0 && rtt < socket.minRtt ? -1 : rtt
}

/** Marks what the blocks say has arrived (tcp_sacktag_write_queue). A block below the ACK reports a duplicate (RFC 2883). */
function readSackBlocks(socket: TcpSocket, r: RecoveryState, blocks: readonly number[], priorUna: number, signs: AckSigns): void {
  const first = blocks[0] ?? 0
  const isDuplicate = first < socket.sndUna || (blocks.length >= 4 && first >= (blocks[2] ?? NEVER) && (blocks[1] ?? 0) <= (blocks[3] ?? 0))
  if (isDuplicate) {
    signs.duplicateSack = true
    const end = blocks[1] ?? 0
    if (r.undoMarker !== 0 && r.undoRetrans > 0 && end > r.undoMarker && end <= priorUna) r.undoRetrans--
  }
  for (let segment = socket.firstUnacked; segment !== null; segment = segment.next) {
    if (segment.end > socket.sndUna && (segment.marks & SACKED) === 0 && isCovered(segment, blocks, isDuplicate ? 2 : 0)) {
      markSacked(socket, r, segment, signs)
    }
  }
}

function isCovered(segment: Segment, blocks: readonly number[], from: number): boolean {
  for (let i = from; i < blocks.length; i += 2) {
    if ((blocks[i] ?? 0) <= segment.start && segment.end <= (blocks[i + 1] ?? 0)) return true
  }
  return false
}

/** tcp_sacktag_one. */
function markSacked(socket: TcpSocket, r: RecoveryState, segment: Segment, signs: AckSigns): void {
  advanceRack(socket, r, segment)
  if ((segment.marks & SACKED_RETRANS) !== 0) {
    if ((segment.marks & LOST) !== 0) {
      segment.marks &= ~(LOST | SACKED_RETRANS)
      r.lostOut--
      r.retransOut--
    }
  } else {
    if ((segment.marks & EVER_RETRANS) === 0) {
      if (segment.start < r.highestSack) r.reorderSeen = true
      if (segment.end <= r.highSeq) signs.originalArrived = true
    }
    if ((segment.marks & LOST) !== 0) {
      segment.marks &= ~LOST
      r.lostOut--
    }
  }
  segment.marks |= SACKED
  r.sackedOut++
  if (segment.end > r.highestSack) r.highestSack = segment.end
  signs.sacked = true
  signs.delivered++
}

function dropFirst(socket: TcpSocket, segment: Segment): Segment | null {
  const { next } = segment
  socket.firstUnacked = next
  if (next === null) socket.lastUnacked = null
  socket.packetsOut--
  freeSegment(segment)
  return next
}

/** The peer's window has opened again (tcp_ack_probe). */
function endWindowProbes(socket: TcpSocket): void {
  clearTimer(socket)
  if (socket.recovery !== null) socket.recovery.backoff = 0
}

