/** Why a machine or a link let go of a packet that nobody received. Every reason is counted. */
export const DROP_REASONS = {
  'rule: DROP': 'a rule or a chain policy said DROP',
  'rule: REJECT': 'a rule answered with an ICMP error or a RST',
  'conntrack: table full': 'nf_conntrack_max was reached and nothing could be evicted',
  'conntrack: insert failed': 'two packets of one flow confirmed at the same time, and the clash could not be resolved',
  'nat: no free port': 'no source port was left for this destination',
  'cpu backlog full': 'net.core.netdev_max_backlog packets were already waiting for the core',
  'no route': 'no route leads to the destination',
  'martian source': 'the packet came from outside with an address of this machine, or with a loopback address',
  'martian destination': 'a loopback destination came from outside and route_localnet is 0',
  'ttl exceeded': 'the packet was forwarded too often',
  'no such neighbour': 'nobody answered ARP for the next hop',
  'neighbour queue full': 'unres_qlen packets were already waiting for the answer to one ARP request',
  'dropped by the gateway': 'it left by the default route; what lies behind the gateway is not modelled',
  'lost on the wire': 'link loss, or a link that is down',
  'nic queue full': 'the transmit queue of the NIC was full',
  'bridge: hairpin off': 'the bridge would have to send it out of the port it came from, and hairpin mode is off',
  'ipvs: no destination': 'the virtual service has no usable real server; an ICMP error was sent',
  'ipvs: port reused': 'a SYN met the old conntrack entry of its port; both were dropped, the client sends again after a second',
  'ipvs: destination gone': 'the connection belongs to a real server that has been removed',
  'listen queue full': 'a listener had no room for another connection (ListenOverflows); the client sends again after a second',
  'socket buffer full': 'the receive buffer of a UDP socket had no room (UdpRcvbufErrors)',
  'no such pod': 'the pod is gone',
} as const

export type DropReason = keyof typeof DROP_REASONS

/** Counts of dropped packets, by reason. */
export class Drops {
  readonly counts = new Map<DropReason, number>()

  count(reason: DropReason): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1)
  }
}
