import type { Nanos } from '../../engine/agenda.ts'
import type { Packet } from '../packet.ts'
import { ICMP_ECHO } from './settings.ts'
import { CONFIRMED } from './status.ts'
import { INVALID, TRACKED, type TrackerContext, type Tracking } from './tracker.ts'
import { isIcmpQuery } from './tuple.ts'

/** nf_conntrack_icmp_packet(): queries and their answers. Only a query begins a connection. */
export function trackIcmp(context: TrackerContext, entry: number, packet: Packet, now: Nanos): Tracking {
  const { entries, settings } = context
  if ((entries.status(entry) & CONFIRMED) === 0 && !isIcmpQuery(packet.icmpType)) return INVALID
  entries.refresh(entry, now, settings.timeouts[ICMP_ECHO]!)
  return TRACKED
}
