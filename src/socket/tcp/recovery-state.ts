import type { Nanos } from '../../engine/agenda.ts'

/** Congestion states (enum tcp_ca_state, include/uapi/linux/tcp.h). */
export const OPEN = 0
export const DISORDER = 1
export const RECOVERY = 3
export const LOSS = 4

/**
 * What a sender remembers once something has gone wrong: made at the first SACK, probe or time-out, so that the
 * many connections that never lose anything do not carry it. The names are those of struct tcp_sock.
 */
export class RecoveryState {
  caState: typeof OPEN | typeof DISORDER | typeof RECOVERY | typeof LOSS = OPEN
  /** The state ends when everything below is acknowledged. */
  highSeq = 0
  sackedOut = 0
  lostOut = 0
  retransOut = 0
  /** Highest end of a SACKed segment. */
  highestSack = 0

  priorCwnd = 0
  priorSsthresh = 0
  prrDelivered = 0
  prrOut = 0
  /** 0: nothing to undo. */
  undoMarker = 0
  undoRetrans = 0

  /** RACK (RFC 8985): the most recently sent segment that has arrived. */
  rackSentAt: Nanos = 0
  rackEnd = 0
  rackRtt = 0
  rackAdvanced = false
  /** Segments have been seen to overtake each other, so three SACKs prove nothing any more. */
  reorderSeen = false

  /** Tail loss probe: sndNxt when it went out; 0 when none is outstanding. */
  tlpHighSeq = 0
  tlpRetrans = false
  /** F-RTO (RFC 5682): the time-out may have been a mistake. */
  frto = false

  /** Time-outs since the last progress (icsk_retransmits), doublings of the timer since the last sample, and all time-outs. */
  retransmits = 0
  backoff = 0
  totalRto = 0
  /** When the first retransmission of this episode went out (retrans_stamp). */
  retransStamp: Nanos = 0
  /** Tick of the last answer to a segment out of the window. */
  lastInvalid = -1_000_000
  /** Segments sent again, ever. */
  totalRetrans = 0
}
