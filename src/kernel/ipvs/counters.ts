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
