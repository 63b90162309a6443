import type { Nanos } from '../../engine/agenda.ts'
import { UDP_STREAM, UDP_UNREPLIED } from './settings.ts'
import { ASSURED, NAT_CLASH, SEEN_REPLY } from './status.ts'
import { TRACKED, type TrackerContext, type Tracking } from './tracker.ts'

/** An exchange that lasts longer than this is a stream (since 5.0; before, any exchange was one). */
const STREAM_AFTER: Nanos = 2_000_000_000
const HAS_STREAM_RULE = 5000
/** Since 5.17 only a stream is ASSURED. */
const ASSURES_STREAMS_ONLY = 5017

/** nf_conntrack_udp_packet(). The first packet's confirmation stands for its arrival: microseconds apart. */
export function trackUdp(context: TrackerContext, entry: number, now: Nanos): Tracking {
  const { entries, settings, kernel } = context
  const status = entries.status(entry)
  if ((status & SEEN_REPLY) === 0) {
    entries.refresh(entry, now, settings.timeouts[UDP_UNREPLIED]!)
    return TRACKED
  }
  const isStream = kernel < HAS_STREAM_RULE || now > entries.visibleAt(entry) + STREAM_AFTER
  entries.refresh(entry, now, settings.timeouts[isStream ? UDP_STREAM : UDP_UNREPLIED]!)
  // What lost a clash times out soon, whatever comes.
  if ((status & NAT_CLASH) === 0 && (isStream || kernel < ASSURES_STREAMS_ONLY)) entries.setStatus(entry, ASSURED)
  return TRACKED
}
