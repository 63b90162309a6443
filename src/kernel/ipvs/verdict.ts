/** Not a packet of IPVS: the hook goes on. */
export const IPVS_IGNORED = 0
/** A reply: its source is the virtual service again, and the hook goes on. */
export const IPVS_REPLY = 1
/** The first packet of a connection: a real server has been chosen and is the destination now. It must be routed anew. */
export const IPVS_SCHEDULED = 2
/** A later packet: the destination is the real server now. It must be routed anew. */
export const IPVS_FORWARDED = 3
/** No real server is usable: the client gets ICMP port unreachable from the virtual service, the packet is dropped. */
export const IPVS_REFUSED = 4
/** The connection's real server has been removed: dropped. */
export const IPVS_GONE = 5
/** A new connection from a port whose old conntrack entry had to go first: dropped, the client will send again. */
export const IPVS_PORT_REUSED = 6

/** What IPVS has done with a packet, or says about it. */
export type IpvsVerdict =
  | typeof IPVS_IGNORED
  | typeof IPVS_REPLY
  | typeof IPVS_SCHEDULED
  | typeof IPVS_FORWARDED
  | typeof IPVS_REFUSED
  | typeof IPVS_GONE
  | typeof IPVS_PORT_REUSED
