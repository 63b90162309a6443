import type { Packet } from '../packet.ts'
import { ASSURED, SEEN_REPLY } from './status.ts'
import { ACK_SEGMENT, CLOSE, ESTABLISHED, FIN_WAIT, SYN_SEGMENT, SYN_SENT } from './tcp-states.ts'
import { isBefore, LAST_ACK_NUMBER, LAST_DIRECTION, LAST_END, LAST_SEGMENT, MAX_ACK, MAX_ACK_SET, SIDE_FLAGS, sideAt } from './tcp-window.ts'
import type { TrackerContext } from './tracker.ts'

// What to think of a RST.
export const REFUSED = 0
/** Without looking at the window. */
export const BELIEVED = 1
/** The receiver may answer with a challenge ACK: the state stays. */
export const DOUBTFUL = 2
const ORDINARY = 3

/** What a RST that would close the connection is worth (RFC 5961 in mind). */
export function judgeReset(context: TrackerContext, entry: number, direction: number, state: number, packet: Packet): number {
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
