import type { Nanos } from '../../engine/agenda.ts'
import { SCTP_COOKIE_ECHOED, SCTP_COOKIE_WAIT, SCTP_ESTABLISHED } from './settings.ts'
import { ASSURED, SEEN_REPLY } from './status.ts'
import { STATE } from './tcp-window.ts'
import { TRACKED, type TrackerContext, type Tracking } from './tracker.ts'

/** The states that a handshake in order goes through; the names are what `conntrack -L` prints. */
export const SCTP_STATES = ['COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED'] as const
const COOKIE_WAIT = 0
const COOKIE_ECHOED = 1
const ESTABLISHED = 2
const TIMEOUTS = [SCTP_COOKIE_WAIT, SCTP_COOKIE_ECHOED, SCTP_ESTABLISHED]

/**
 * nf_conntrack_sctp_packet(), without looking into chunks, which the model's packets do not have: INIT, INIT-ACK,
 * COOKIE-ECHO and COOKIE-ACK are told apart by direction and order.
 */
export function trackSctp(context: TrackerContext, entry: number, direction: 0 | 1, now: Nanos): Tracking {
  const { entries, settings } = context
  const hasReply = (entries.status(entry) & SEEN_REPLY) !== 0
  let state = entries.byte(entry, STATE)
  if (state === COOKIE_WAIT && direction === 0 && hasReply) state = COOKIE_ECHOED
  else if (state === COOKIE_ECHOED && direction === 1) {
    state = ESTABLISHED
    entries.setStatus(entry, ASSURED)
  }
  entries.setByte(entry, STATE, state)
  entries.refresh(entry, now, settings.timeouts[TIMEOUTS[state]!]!)
  return TRACKED
}
