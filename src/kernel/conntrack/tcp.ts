import type { Nanos } from '../../engine/agenda.ts'
import type { Packet } from '../packet.ts'
import type { KernelVersion } from '../version.ts'
import type { Entries } from './entries.ts'
import { RETRANS, UNACKNOWLEDGED } from './settings.ts'
import { ASSURED, CONFIRMED, FIXED_TIMEOUT, SEEN_REPLY } from './status.ts'
import { ACK_SEGMENT, areFlagsValid, CLOSE, ESTABLISHED, FIN_SEGMENT, FIN_WAIT, IGNORED, LAST_ACK, NONE, nextState, NO_STATE, RST_SEGMENT, segmentOf, SYN_RECV, SYN_SEGMENT, SYN_SENT, SYN_SENT2, SYNACK_SEGMENT, TIME_WAIT } from './tcp-states.ts'
import {
  BE_LIBERAL,
  checkWindow,
  CLOSE_INIT,
  DATA_UNACKNOWLEDGED,
  END,
  endOf,
  EXCESSIVE,
  isBefore,
  LAST_ACK_NUMBER,
  LAST_DIRECTION,
  LAST_END,
  LAST_FLAGS,
  LAST_SEGMENT,
  LAST_SEQ,
  LAST_WINDOW,
  MAX_ACK,
  MAX_ACK_SET,
  MAX_END,
  MAX_WINDOW,
  resetFlags,
  RETRANSMISSIONS,
  setSideFlag,
  SIDE_FLAGS,
  sideAt,
  STALE,
  STATE,
} from './tcp-window.ts'
import { ENDED, INVALID, REOPENED, TRACKED, type TrackerContext, type Tracking } from './tracker.ts'

// Flags of the last segment that was let through without being believed.
const EXPECT_CHALLENGE_ACK = 1
const SIMULTANEOUS_OPEN = 2

/** What the last segment was, before there is one. */
const NO_SEGMENT = 255

/** Since these releases segments just outside of the window pass without being noted, instead of being INVALID. */
const LETS_STALE_PASS: KernelVersion = 6001
const LETS_EXCESSIVE_PASS: KernelVersion = 6002

/** nf_conntrack_tcp_packet() of Linux 6.x: what a segment does to its connection. */
export function trackTcp(context: TrackerContext, entry: number, direction: 0 | 1, packet: Packet, now: Nanos): Tracking {
  const { entries, settings } = context
  if (!areFlagsValid(packet.tcpFlags)) return INVALID
  if ((entries.status(entry) & CONFIRMED) === 0 && !begin(entries, entry, packet, settings.tcpLoose)) return INVALID

  const segment = segmentOf(packet.tcpFlags)
  let before = entries.byte(entry, STATE)
  let after = nextState(direction, segment, before)
  if (after === SYN_SENT && before >= TIME_WAIT && mayReopen(entries, entry, direction)) return REOPENED
  if (after === IGNORED || (after === SYN_SENT && before >= TIME_WAIT)) {
    if (!answersIgnoredSyn(entries, entry, direction, segment, packet)) {
      letPass(entries, entry, direction, segment, before, packet)
      return TRACKED
    }
    // Both ends agree on a connection that we had refused to see: it is the one that counts.
    synchronise(entries, entry, direction)
    before = SYN_SENT
    after = SYN_RECV
  }
  if (after === NO_STATE) return INVALID
  if (after === TIME_WAIT && isChallengeAck(entries, entry, direction, segment, before)) return TRACKED
  if (after === SYN_SENT2) entries.setByte(entry, LAST_FLAGS, entries.byte(entry, LAST_FLAGS) | SIMULTANEOUS_OPEN)
  if (after === SYN_RECV && direction === 1 && segment === ACK_SEGMENT && (entries.byte(entry, LAST_FLAGS) & SIMULTANEOUS_OPEN) !== 0) after = ESTABLISHED

  let isBelieved = false
  if (after === CLOSE && segment === RST_SEGMENT) {
    const judged = judgeReset(context, entry, direction, before, packet)
    if (judged === REFUSED) return INVALID
    isBelieved = judged === BELIEVED
    if (judged === DOUBTFUL) after = before
  }
  if (!isBelieved) {
    const verdict = checkWindow(entries, entry, direction, segment, packet, settings.tcpBeLiberal)
    if (verdict === STALE && context.kernel >= LETS_STALE_PASS) return TRACKED
    if (verdict === EXCESSIVE && context.kernel >= LETS_EXCESSIVE_PASS) return TRACKED
    if (verdict !== TRACKED) {
      noteInvalid(context, entry, direction, segment, now)
      return INVALID
    }
  }
  return enter(context, entry, direction, segment, before, after, now)
}

/** tcp_new(): the first packet of a connection. False: it may not begin one. */
function begin(entries: Entries, entry: number, packet: Packet, isLoose: boolean): boolean {
  const state = nextState(0, segmentOf(packet.tcpFlags), NONE)
  if (state === NO_STATE || (state !== SYN_SENT && !isLoose)) return false
  entries.clearTcp(entry)
  const { tcp } = entries
  const side = sideAt(entries, entry, 0)
  tcp[side + END] = endOf(packet)
  tcp[side + MAX_WINDOW] = Math.max(packet.window, 1)
  tcp[side + MAX_END] = tcp[side + END]!
  entries.setByte(entry, STATE, NONE)
  entries.setByte(entry, LAST_SEGMENT, NO_SEGMENT)
  if (state === SYN_SENT) return true
  tcp[side + MAX_END] = tcp[side + END]! + tcp[side + MAX_WINDOW]!
  setSideFlag(entries, entry, 0, BE_LIBERAL)
  setSideFlag(entries, entry, 1, BE_LIBERAL)
  return true
}

/** A SYN for a connection that is over: closed by either side, or aborted by this one. */
function mayReopen(entries: Entries, entry: number, direction: number): boolean {
  const flags = entries.byte(entry, SIDE_FLAGS) | entries.byte(entry, SIDE_FLAGS + 1)
  if ((flags & CLOSE_INIT) !== 0) return true
  return entries.byte(entry, LAST_DIRECTION) === direction && entries.byte(entry, LAST_SEGMENT) === RST_SEGMENT
}

function answersIgnoredSyn(entries: Entries, entry: number, direction: number, segment: number, packet: Packet): boolean {
  return (
    segment === SYNACK_SEGMENT &&
    entries.byte(entry, LAST_SEGMENT) === SYN_SEGMENT &&
    entries.byte(entry, LAST_DIRECTION) !== direction &&
    entries.tcp[entries.tcpAt(entry) + LAST_END] === (packet.ack | 0)
  )
}

/** The connection begins anew with the SYN that was let pass. */
function synchronise(entries: Entries, entry: number, direction: number): void {
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
function letPass(entries: Entries, entry: number, direction: number, segment: number, state: number, packet: Packet): void {
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
function isChallengeAck(entries: Entries, entry: number, direction: number, segment: number, state: number): boolean {
  const flags = entries.byte(entry, LAST_FLAGS)
  const isIt = state === LAST_ACK && segment === ACK_SEGMENT && entries.byte(entry, LAST_DIRECTION) !== direction && entries.byte(entry, LAST_SEGMENT) === SYN_SEGMENT && (flags & EXPECT_CHALLENGE_ACK) !== 0
  if (isIt) entries.setByte(entry, LAST_FLAGS, flags & ~EXPECT_CHALLENGE_ACK)
  return isIt
}

// What to think of a RST.
const REFUSED = 0
/** Without looking at the window. */
const BELIEVED = 1
/** The receiver may answer with a challenge ACK: the state stays. */
const DOUBTFUL = 2
const ORDINARY = 3

function judgeReset(context: TrackerContext, entry: number, direction: number, state: number, packet: Packet): number {
  const { entries, settings } = context
  const { tcp } = entries
  const at = entries.tcpAt(entry)
  // A tuple that is closing may have been used again by its ends already.
  if (state >= FIN_WAIT && state <= CLOSE) return BELIEVED
  const status = entries.status(entry)
  const last = entries.byte(entry, LAST_SEGMENT)
  const other = 1 - direction
  let verdict = ORDINARY
  if ((entries.byte(entry, SIDE_FLAGS + other) & MAX_ACK_SET) !== 0 && last !== SYN_SEGMENT) {
    const seq = packet.seq | 0
    const acknowledged = tcp[sideAt(entries, entry, other) + MAX_ACK]!
    const isEstablished = state === ESTABLISHED && (status & ASSURED) !== 0
    if (seq === 0 && !isEstablished) return ORDINARY
    if (isBefore(seq, acknowledged) && !settings.tcpIgnoreInvalidRst) return REFUSED
    if (!isEstablished || seq === acknowledged) return ORDINARY
    if (last === ACK_SEGMENT && entries.byte(entry, LAST_DIRECTION) === direction && seq === tcp[at + LAST_END]) return ORDINARY
    verdict = DOUBTFUL
  }
  const answersSyn = (status & SEEN_REPLY) !== 0 && last === SYN_SEGMENT
  const answersAck = (status & ASSURED) === 0 && last === ACK_SEGMENT
  const isAnswer = entries.byte(entry, LAST_DIRECTION) !== direction && (packet.ack | 0) === tcp[at + LAST_END]
  if ((answersSyn || answersAck) && isAnswer) return verdict === DOUBTFUL ? DOUBTFUL : BELIEVED
  const answersChallenge = state === SYN_SENT && last === ACK_SEGMENT && entries.byte(entry, LAST_DIRECTION) === 1 && (packet.seq | 0) === tcp[at + LAST_ACK_NUMBER]
  return answersChallenge ? BELIEVED : verdict
}

/** The segment is a valid part of the connection: new state, new deadline. */
function enter(context: TrackerContext, entry: number, direction: number, segment: number, before: number, after: number, now: Nanos): Tracking {
  const { entries, settings } = context
  entries.setByte(entry, LAST_SEGMENT, segment)
  entries.setByte(entry, LAST_DIRECTION, direction)
  entries.setByte(entry, STATE, after)
  if (before !== after && after === FIN_WAIT) setSideFlag(entries, entry, direction, CLOSE_INIT)

  const { timeouts } = settings
  let timeout = timeoutOf(context, entry, segment, after)
  const status = entries.status(entry)
  if ((status & SEEN_REPLY) === 0) {
    if (segment === RST_SEGMENT) return ENDED
    // A SYN sent again must not keep the entry alive for ever.
    if (segment === SYN_SEGMENT && before === SYN_SENT) return TRACKED
    if (after === ESTABLISHED) timeout = Math.min(timeout, timeouts[UNACKNOWLEDGED]!)
  } else if ((before === SYN_RECV || before === ESTABLISHED) && after === ESTABLISHED) {
    entries.setStatus(entry, ASSURED)
  }
  entries.refresh(entry, now, timeout)
  return TRACKED
}

function timeoutOf(context: TrackerContext, entry: number, segment: number, state: number): Nanos {
  const { entries, settings } = context
  const { timeouts } = settings
  const regular = timeouts[state]!
  if (entries.byte(entry, RETRANSMISSIONS) >= settings.tcpMaxRetrans && regular > timeouts[RETRANS]!) return timeouts[RETRANS]!
  if (segment === RST_SEGMENT) return timeouts[CLOSE]!
  const flags = entries.byte(entry, SIDE_FLAGS) | entries.byte(entry, SIDE_FLAGS + 1)
  if ((flags & DATA_UNACKNOWLEDGED) !== 0 && regular > timeouts[UNACKNOWLEDGED]!) return timeouts[UNACKNOWLEDGED]!
  if (entries.tcp[entries.tcpAt(entry) + LAST_WINDOW] === 0 && regular > timeouts[RETRANS]!) return timeouts[RETRANS]!
  return regular
}

/** nf_tcp_handle_invalid(): both ends closed outside of what we call the window, so the entry need not wait for days. */
function noteInvalid(context: TrackerContext, entry: number, direction: number, segment: number, now: Nanos): void {
  const { entries, settings } = context
  const status = entries.status(entry)
  if ((status & ASSURED) === 0 || (status & FIXED_TIMEOUT) !== 0) return
  if (segment !== RST_SEGMENT && segment !== FIN_SEGMENT) return
  const last = entries.byte(entry, LAST_SEGMENT)
  if (entries.byte(entry, LAST_DIRECTION) === direction || (last !== FIN_SEGMENT && last !== RST_SEGMENT)) {
    entries.setByte(entry, LAST_SEGMENT, segment)
    entries.setByte(entry, LAST_DIRECTION, direction)
    return
  }
  const timeout = settings.timeouts[UNACKNOWLEDGED]!
  if (entries.deadline(entry) - now > timeout) entries.refresh(entry, now, timeout)
}
