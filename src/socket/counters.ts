import { Drops } from '../kernel/drops.ts'

/** What a namespace counts, under the names of /proc/net/snmp and netstat. */
export class Counters {
  /** Packets that its sockets had no room for. */
  readonly drops: Drops
  SyncookiesSent = 0
  UdpNoPorts = 0
  IcmpRateLimited = 0

  constructor(drops: Drops = new Drops()) {
    this.drops = drops
  }
}
