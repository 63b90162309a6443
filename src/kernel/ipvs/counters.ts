import { SYN, TCP, type Packet } from '../packet.ts'

/** What `ipvsadm -L --stats` shows of a virtual service or a real server. Bytes are of IP packets, without the link's header. */
export interface Counters {
  connections: number
  packetsIn: number
  packetsOut: number
  bytesIn: number
  bytesOut: number
}

export function newCounters(): Counters {
  return { connections: 0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 }
}

/** Bytes of the IP packet: 20 of header, TCP 20 and its options (20 with SYN, 12 for timestamps after), UDP and ICMP 8. */
function ipLength(packet: Packet): number {
  if (packet.protocol === TCP) return packet.length + ((packet.tcpFlags & SYN) !== 0 ? 60 : 52)
  return packet.length + 28
}

/** Those of a destination, and of the service it is in. */
interface Counted {
  readonly available: boolean
  readonly counters: Counters
  readonly serviceCounters: Counters
}

export function countPacketIn(destination: Counted, packet: Packet): void {
  if (!destination.available) return
  const bytes = ipLength(packet)
  const { counters, serviceCounters } = destination
  counters.packetsIn++
  counters.bytesIn += bytes
  serviceCounters.packetsIn++
  serviceCounters.bytesIn += bytes
}

export function countPacketOut(destination: Counted, packet: Packet): void {
  if (!destination.available) return
  const bytes = ipLength(packet)
  const { counters, serviceCounters } = destination
  counters.packetsOut++
  counters.bytesOut += bytes
  serviceCounters.packetsOut++
  serviceCounters.bytesOut += bytes
}
