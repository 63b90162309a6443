import { ACK, FIN, RST, SYN, type Packet } from '../packet.ts'
import type { Entries } from './entries.ts'
import { TRACKED, INVALID } from './tracker.ts'
import { ACK_SEGMENT, SYN_RECV, SYN_SENT } from './tcp-states.ts'

// TCP's words of an entry (struct ip_ct_tcp). What has been seen of each side, 4 words a side:
/** Highest sequence number sent, plus one. */
export const END = 0
/** Highest that the other side allows. */
export const MAX_END = 1
/** Largest window advertised; 0: nothing seen yet. */
export const MAX_WINDOW = 2
export const MAX_ACK = 3
const WORDS_A_SIDE = 4
// … and of the last segment that mattered:
export const LAST_SEQ = 8
export const LAST_ACK_NUMBER = 9
export const LAST_END = 10
export const LAST_WINDOW = 11

// The tracker's bytes of an entry.
export const STATE = 0
export const LAST_SEGMENT = 1
export const LAST_DIRECTION = 2
export const RETRANSMISSIONS = 3
/** Flags of each side: this byte for the original direction, the next for the reply. */
export const SIDE_FLAGS = 4
export const LAST_FLAGS = 6

// Flags of a side.
export const CLOSE_INIT = 1
export const BE_LIBERAL = 2
export const DATA_UNACKNOWLEDGED = 4
export const MAX_ACK_SET = 8

/** Below the window (delayed, or sent again although acknowledged). */
export const STALE = 4
/** Above it, by no more than one window: the sender sends more than it may. */
export const EXCESSIVE = 5
export type WindowVerdict = typeof TRACKED | typeof INVALID | typeof STALE | typeof EXCESSIVE

/** How far back an ACK may lie, at least (MAXACKWINCONST). */
const ACK_WINDOW = 66_000

// Sequence numbers are 32 bits and wrap.
export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}

/** The sequence number after the segment. */
export function endOf(packet: Packet): number {
  const { tcpFlags } = packet
  return (packet.seq + packet.length + ((tcpFlags & SYN) !== 0 ? 1 : 0) + ((tcpFlags & FIN) !== 0 ? 1 : 0)) | 0
}

export function sideAt(entries: Entries, entry: number, direction: number): number {
  return entries.tcpAt(entry) + direction * WORDS_A_SIDE
}

export function setSideFlag(entries: Entries, entry: number, direction: number, flag: number): void {
  entries.setByte(entry, SIDE_FLAGS + direction, entries.byte(entry, SIDE_FLAGS + direction) | flag)
}

/** A side that begins anew forgets all but that its windows are unknown. */
export function resetFlags(entries: Entries, entry: number, direction: number): void {
  entries.setByte(entry, SIDE_FLAGS + direction, entries.byte(entry, SIDE_FLAGS + direction) & BE_LIBERAL)
}

function highestSack(packet: Packet): number {
  let highest = packet.ack | 0
  if (packet.sack === null) return highest
  for (let i = 1; i < packet.sack.length; i += 2) {
    const edge = packet.sack[i]! | 0
    if (isBefore(highest, edge)) highest = edge
  }
  return highest
}

/**
 * tcp_in_window(): is the segment one that its receiver could accept, as far as a man in the middle can tell? If so,
 * what is known of both sides moves on. The model's packets carry windows already scaled, and SACK is always on.
 */
export function checkWindow(entries: Entries, entry: number, direction: 0 | 1, segment: number, packet: Packet, liberal: boolean): WindowVerdict {
  const { tcp } = entries
  const sender = sideAt(entries, entry, direction)
  const receiver = sideAt(entries, entry, 1 - direction)
  const flags = packet.tcpFlags
  const state = entries.byte(entry, STATE)
  const hasAck = (flags & ACK) !== 0
  let seq = packet.seq | 0
  let ack = packet.ack | 0
  let sack = highestSack(packet)
  let end = endOf(packet)
  const window = packet.window | 0

  const isFirst = tcp[sender + MAX_WINDOW] === 0
  const isRestarted = (flags & SYN) !== 0 && isBefore(tcp[sender + END]!, end) && (state === SYN_SENT || state === SYN_RECV)
  if (isFirst || isRestarted) {
    initialiseSender(tcp, sender, receiver, flags, end, window, sack)
    if ((flags & SYN) !== 0) resetFlags(entries, entry, direction)
    // The SYN of a simultaneous open has nothing more to check.
    if (direction === 1 && !hasAck) return TRACKED
  }

  if (!hasAck || ((flags & RST) !== 0 && ack === 0)) ack = sack = tcp[receiver + END]!
  // A RST that answers a SYN carries no sequence number of its own.
  if ((flags & RST) !== 0 && seq === 0 && state === SYN_SENT) seq = end = tcp[sender + END]!

  const verdict = judge(entries, entry, direction, seq, end, sack)
  if (verdict !== TRACKED) return liberal || (entries.byte(entry, SIDE_FLAGS + direction) & BE_LIBERAL) !== 0 ? TRACKED : verdict

  advance(entries, entry, direction, end, ack, sack, window, hasAck)
  if (segment === ACK_SEGMENT) countRetransmissions(entries, entry, direction, seq, ack, end, window)
  return TRACKED
}

function initialiseSender(tcp: Int32Array, sender: number, receiver: number, flags: number, end: number, window: number, sack: number): void {
  tcp[sender + END] = end
  tcp[sender + MAX_WINDOW] = Math.max(window, 1)
  if ((flags & SYN) !== 0) {
    tcp[sender + MAX_END] = end
    return
  }
  // In the middle of a connection: take its word for everything.
  tcp[sender + MAX_END] = end + tcp[sender + MAX_WINDOW]!
  if (tcp[receiver + MAX_WINDOW] === 0) {
    tcp[receiver + END] = sack
    tcp[receiver + MAX_END] = sack
  } else if (sack === ((tcp[receiver + END]! + 1) | 0)) {
    // Likely the answer to a keepalive.
    tcp[receiver + END] = sack
  }
}

/** The four bounds: sequence number and acknowledgment, each above and below. */
function judge(entries: Entries, entry: number, direction: number, seq: number, end: number, sack: number): WindowVerdict {
  const { tcp } = entries
  const sender = sideAt(entries, entry, direction)
  const receiver = sideAt(entries, entry, 1 - direction)
  const receiverWindow = tcp[receiver + MAX_WINDOW]!
  const receiverEnd = tcp[receiver + END]!
  const isAckKnown = !isBefore(receiverEnd, sack)
  const isAckRecent = !isBefore(sack, receiverEnd - Math.max(tcp[sender + MAX_WINDOW]!, ACK_WINDOW))
  const isInReceiveWindow = !isBefore(end, tcp[sender + END]! - receiverWindow)

  if (isBefore(tcp[sender + MAX_END]!, seq)) {
    const overshoot = (end - tcp[sender + MAX_END]! + 1) | 0
    if (receiverWindow === 0 || !isInReceiveWindow || !isAckRecent || !isAckKnown || overshoot >>> 0 > receiverWindow) return INVALID
    // If it arrives, the ACK of it must not look wrong.
    tcp[sender + END] = end
    setSideFlag(entries, entry, direction, DATA_UNACKNOWLEDGED)
    return EXCESSIVE
  }
  if (!isAckKnown) return INVALID
  if (receiverWindow !== 0 && !isInReceiveWindow) return STALE
  if (!isAckRecent) return STALE
  return TRACKED
}

function advance(entries: Entries, entry: number, direction: number, end: number, ack: number, sack: number, window: number, hasAck: boolean): void {
  const { tcp } = entries
  const sender = sideAt(entries, entry, direction)
  const receiver = sideAt(entries, entry, 1 - direction)
  tcp[sender + MAX_WINDOW] = Math.max(tcp[sender + MAX_WINDOW]!, window + ((sack - ack) | 0))
  if (isBefore(tcp[sender + END]!, end)) {
    tcp[sender + END] = end
    setSideFlag(entries, entry, direction, DATA_UNACKNOWLEDGED)
  }
  if (hasAck) {
    const isSet = (entries.byte(entry, SIDE_FLAGS + direction) & MAX_ACK_SET) !== 0
    if (!isSet || isBefore(tcp[sender + MAX_ACK]!, ack)) tcp[sender + MAX_ACK] = ack
    setSideFlag(entries, entry, direction, MAX_ACK_SET)
  }
  if (tcp[receiver + MAX_WINDOW] !== 0 && isBefore(tcp[sender + MAX_END]!, end)) tcp[receiver + MAX_WINDOW]! += (end - tcp[sender + MAX_END]!) | 0
  const allowed = (sack + window) | 0
  if (!isBefore(allowed, tcp[receiver + MAX_END]!)) tcp[receiver + MAX_END] = window === 0 ? allowed + 1 : allowed
  if (ack === tcp[receiver + END]) {
    const place = SIDE_FLAGS + 1 - direction
    entries.setByte(entry, place, entries.byte(entry, place) & ~DATA_UNACKNOWLEDGED)
  }
}

/** The same ACK segment again and again: after tcp_max_retrans of them the entry gets a shorter life. */
function countRetransmissions(entries: Entries, entry: number, direction: number, seq: number, ack: number, end: number, window: number): void {
  const { tcp } = entries
  const at = entries.tcpAt(entry)
  const isSame = entries.byte(entry, LAST_DIRECTION) === direction && tcp[at + LAST_SEQ] === seq && tcp[at + LAST_ACK_NUMBER] === ack && tcp[at + LAST_END] === end && tcp[at + LAST_WINDOW] === window
  if (isSame) {
    entries.setByte(entry, RETRANSMISSIONS, Math.min(entries.byte(entry, RETRANSMISSIONS) + 1, 255))
    return
  }
  entries.setByte(entry, LAST_DIRECTION, direction)
  entries.setByte(entry, RETRANSMISSIONS, 0)
  tcp[at + LAST_SEQ] = seq
  tcp[at + LAST_ACK_NUMBER] = ack
  tcp[at + LAST_END] = end
  tcp[at + LAST_WINDOW] = window
}
