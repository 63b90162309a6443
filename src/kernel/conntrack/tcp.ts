import type { Nanos } from '../../engine/agenda.ts'
import type { Packet } from '../packet.ts'
import type { KernelVersion } from '../version.ts'
import type { Entries } from './entries.ts'
import { RETRANS, UNACKNOWLEDGED } from './settings.ts'
import { ASSURED, CONFIRMED, FIXED_TIMEOUT, SEEN_REPLY } from './status.ts'
import { BELIEVED, DOUBTFUL, judgeReset, REFUSED } from './tcp-reset.ts'
import { answersIgnoredSyn, isChallengeAck, letPass, mayReopen, SIMULTANEOUS_OPEN, synchronise } from './tcp-resync.ts'
import { ACK_SEGMENT, areFlagsValid, CLOSE, ESTABLISHED, FIN_SEGMENT, FIN_WAIT, IGNORED, NONE, nextState, NO_STATE, RST_SEGMENT, segmentOf, SYN_RECV, SYN_SEGMENT, SYN_SENT, SYN_SENT2, TIME_WAIT } from './tcp-states.ts'
import { BE_LIBERAL, checkWindow, CLOSE_INIT, DATA_UNACKNOWLEDGED, END, endOf, EXCESSIVE, LAST_DIRECTION, LAST_FLAGS, LAST_SEGMENT, LAST_WINDOW, MAX_END, MAX_WINDOW, RETRANSMISSIONS, setSideFlag, SIDE_FLAGS, sideAt, STALE, STATE } from './tcp-window.ts'
import { ENDED, INVALID, REOPENED, TRACKED, type TrackerContext, type Tracking } from './tracker.ts'

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
