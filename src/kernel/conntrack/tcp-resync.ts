import type { Packet } from '../packet.ts'
import type { Entries } from './entries.ts'
import { ACK_SEGMENT, LAST_ACK, RST_SEGMENT, SYN_SEGMENT, SYN_SENT, SYNACK_SEGMENT } from './tcp-states.ts'
import { CLOSE_INIT, END, endOf, LAST_ACK_NUMBER, LAST_DIRECTION, LAST_END, LAST_FLAGS, LAST_SEGMENT, LAST_SEQ, LAST_WINDOW, MAX_END, MAX_WINDOW, resetFlags, SIDE_FLAGS, sideAt } from './tcp-window.ts'

// What tcp_packet() does when the table may be out of step with the two ends: a tuple used again, a SYN amid a connection.

// Flags of the last segment that was let through without being believed.
const EXPECT_CHALLENGE_ACK = 1
export const SIMULTANEOUS_OPEN = 2

/** A SYN for a connection that is over: closed by either side, or aborted by this one. */
export function mayReopen(entries: Entries, entry: number, direction: number): boolean {
  const flags = entries.byte(entry, SIDE_FLAGS) | entries.byte(entry, SIDE_FLAGS + 1)
  if ((flags & CLOSE_INIT) !== 0) return true
  return entries.byte(entry, LAST_DIRECTION) === direction && entries.byte(entry, LAST_SEGMENT) === RST_SEGMENT
}

export function answersIgnoredSyn(entries: Entries, entry: number, direction: number, segment: number, packet: Packet): boolean {
  return (
    segment === SYNACK_SEGMENT &&
    entries.byte(entry, LAST_SEGMENT) === SYN_SEGMENT &&
    entries.byte(entry, LAST_DIRECTION) !== direction &&
    entries.tcp[entries.tcpAt(entry) + LAST_END] === (packet.ack | 0)
  )
}

/** The connection begins anew with the SYN that was let pass. */
export function synchronise(entries: Entries, entry: number, direction: number): void {
  const { tcp } = entries
  const at = entries.tcpAt(entry)
  const caller = sideAt(entries, entry, 1 - direction)
  const answerer = sideAt(entries, entry, direction)
  tcp[caller + END] = tcp[at + LAST_END]!
  tcp[caller + MAX_END] = tcp[at + LAST_END]!
  tcp[caller + MAX_WINDOW] = Math.max(tcp[at + LAST_WINDOW]!, 1)
  tcp.fill(0, answerer, answerer + 4)
  entries.setByte(entry, SIDE_FLAGS + 1 - direction, 0)
  resetFlags(entries, entry, direction)
  entries.setByte(entry, LAST_FLAGS, 0)
}

/** A segment that we cannot place: remember it, and let the ends decide what it is. */
export function letPass(entries: Entries, entry: number, direction: number, segment: number, state: number, packet: Packet): void {
  const { tcp } = entries
  const at = entries.tcpAt(entry)
  entries.setByte(entry, LAST_SEGMENT, segment)
  entries.setByte(entry, LAST_DIRECTION, direction)
  tcp[at + LAST_SEQ] = packet.seq
  tcp[at + LAST_END] = endOf(packet)
  tcp[at + LAST_WINDOW] = packet.window
  if (segment === SYN_SEGMENT && direction === 0) entries.setByte(entry, LAST_FLAGS, state === LAST_ACK ? EXPECT_CHALLENGE_ACK : 0)
  if (state === SYN_SENT && segment === ACK_SEGMENT && direction === 1) tcp[at + LAST_ACK_NUMBER] = packet.ack
}

/** RFC 5961: the answer to a spurious SYN must not be taken for the ACK of the last FIN. */
export function isChallengeAck(entries: Entries, entry: number, direction: number, segment: number, state: number): boolean {
  const flags = entries.byte(entry, LAST_FLAGS)
  const isIt = state === LAST_ACK && segment === ACK_SEGMENT && entries.byte(entry, LAST_DIRECTION) !== direction && entries.byte(entry, LAST_SEGMENT) === SYN_SEGMENT && (flags & EXPECT_CHALLENGE_ACK) !== 0
  if (isIt) entries.setByte(entry, LAST_FLAGS, flags & ~EXPECT_CHALLENGE_ACK)
  return isIt
}
