/** What a namespace counts, under the names of /proc/net/snmp and netstat. */
export class Counters {
  TcpRetransSegs = 0
  OutRsts = 0
  /** The accept queue was full. */
  ListenOverflows = 0
  /** SYNs and last ACKs that a listener dropped, for whatever reason. */
  ListenDrops = 0
  SyncookiesSent = 0
  UdpNoPorts = 0
  UdpRcvbufErrors = 0
  IcmpRateLimited = 0
}
