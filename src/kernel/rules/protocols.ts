/** IP protocols by the names of /etc/protocols, which iptables-save prints. */
const NAMES: readonly (readonly [number, string])[] = [
  [1, 'icmp'], [2, 'igmp'], [4, 'ipencap'], [6, 'tcp'], [8, 'egp'], [17, 'udp'], [33, 'dccp'], [41, 'ipv6'], [47, 'gre'], [50, 'esp'], [51, 'ah'],
  [58, 'ipv6-icmp'], [88, 'eigrp'], [89, 'ospf'], [94, 'ipip'], [103, 'pim'], [112, 'vrrp'], [115, 'l2tp'], [132, 'sctp'], [136, 'udplite'],
]
const NAME_OF = new Map(NAMES)
const NUMBER_OF = new Map(NAMES.map(([number, name]) => [name, number]))

export function protocolName(protocol: number): string {
  return NAME_OF.get(protocol) ?? `${protocol}`
}

/** 0 for `all`; undefined for what is neither a known name nor a number. */
export function parseProtocol(text: string): number | undefined {
  if (text === 'all') return 0
  const protocol = NUMBER_OF.get(text.toLowerCase()) ?? (/^\d{1,3}$/.test(text) ? Number(text) : 256)
  return protocol <= 255 ? protocol : undefined
}
