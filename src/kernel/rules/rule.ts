import type { Address, Cidr } from '../address.ts'

/**
 * A rule is data: the program that the walker runs, the text that `show` prints and the count that the cost model
 * charges are this one object. Matches stand in the order in which iptables-save prints them.
 */
export interface Rule {
  readonly matches: readonly Match[]
  /** null: the rule only counts (iptables allows a rule without a target). */
  readonly target: Target | null
  /** Line in the text it was parsed from. */
  readonly line?: number
}

export interface PortRange {
  from: number
  to: number
}

export interface AddressRange {
  from: Address
  to: Address
}

export interface IdRange {
  from: number
  to: number
}

/** One condition. `negated` is iptables' `!`. */
export type Match =
  | { kind: 'source'; cidr: Cidr; negated?: boolean }
  | { kind: 'destination'; cidr: Cidr; negated?: boolean }
  | { kind: 'protocol'; protocol: number; negated?: boolean }
  /** `-f`: second and further fragments, of which there are none here: connection tracking has put them together. */
  | { kind: 'fragment'; negated?: boolean }
  /** A name that ends in `+` stands for every interface whose name begins so. */
  | { kind: 'in-interface'; name: string; negated?: boolean }
  | { kind: 'out-interface'; name: string; negated?: boolean }
  | { kind: 'comment'; text: string }
  /** `-m tcp`, `-m udp`, `-m sctp`: ports of that protocol. */
  | { kind: 'ports'; module: 'tcp' | 'udp' | 'sctp'; source?: PortRange; sourceNegated?: boolean; destination?: PortRange; destinationNegated?: boolean; flags?: { mask: number; set: number; negated?: boolean } }
  | { kind: 'multiport'; ports: PortRange[]; side: 'source' | 'destination' | 'either'; negated?: boolean }
  | { kind: 'icmp'; type: number; code?: number; negated?: boolean }
  /** `-m conntrack` (or the older `-m state`, which has states alone): any of the states or statuses. */
  | { kind: 'conntrack'; module: 'conntrack' | 'state'; states: readonly CtMatchState[]; negated?: boolean }
  | { kind: 'mark'; value: number; mask: number; negated?: boolean }
  | { kind: 'addrtype'; source?: AddressType; sourceNegated?: boolean; destination?: AddressType; destinationNegated?: boolean; limitIn?: boolean; limitOut?: boolean }
  /** `threshold` is round(probability × 2^31), what the kernel stores: a 31-bit draw below it matches. */
  | { kind: 'statistic'; mode: 'random'; threshold: number; negated?: boolean }
  | { kind: 'statistic'; mode: 'nth'; every: number; packet: number; negated?: boolean }
  | { kind: 'recent'; list: string; action: 'set' | 'rcheck' | 'update' | 'remove'; seconds?: number; hitcount?: number; reap?: boolean; mask?: Address; side: 'source' | 'destination'; negated?: boolean }
  | { kind: 'set'; name: string; sides: readonly ('src' | 'dst')[]; negated?: boolean }
  | { kind: 'physdev'; isIn?: boolean; isOut?: boolean; isBridged?: boolean; in?: { name: string; negated?: boolean }; out?: { name: string; negated?: boolean } }
  /** `-m ipvs`: part of an IPVS connection, to that virtual service. */
  | { kind: 'ipvs'; vaddr?: Cidr; vport?: number; vproto?: number; negated?: boolean }
  | { kind: 'nfacct'; name: string }
  | { kind: 'connmark'; value: number; mask: number; negated?: boolean }
  /** Bytes of the IP packet. */
  | { kind: 'length'; from: number; to: number; negated?: boolean }
  | { kind: 'ttl'; compare: 'eq' | 'lt' | 'gt'; ttl: number; negated?: boolean }
  | { kind: 'pkttype'; type: 'unicast' | 'broadcast' | 'multicast'; negated?: boolean }
  | { kind: 'iprange'; source?: AddressRange; sourceNegated?: boolean; destination?: AddressRange; destinationNegated?: boolean }
  /** A token bucket: one packet every `period` ten-thousandths of a second, as the kernel keeps it, and `burst` of them at once. */
  | { kind: 'limit'; period: number; burst: number }
  /** Who owns the socket that sent the packet. */
  | { kind: 'owner'; uid?: IdRange; uidNegated?: boolean; gid?: IdRange; gidNegated?: boolean; socketExists?: boolean }
  /** IPsec, which nothing here speaks: `none` matches, `ipsec` never does. */
  | { kind: 'policy'; direction: 'in' | 'out'; policy: 'none' | 'ipsec' }
  /** Does the packet come from where a reply would go? */
  | { kind: 'rpfilter'; loose?: boolean; validMark?: boolean; acceptLocal?: boolean; invert?: boolean }
  /** A match that is not modelled, as it was written (`-m u32 --u32 …`); a rule with one never matches. */
  | { kind: 'unknown'; text: string }

/** INVALID … UNTRACKED are states; SNAT and DNAT ask for the connection's NAT status. */
export type CtMatchState = 'INVALID' | 'NEW' | 'ESTABLISHED' | 'RELATED' | 'UNTRACKED' | 'SNAT' | 'DNAT'
export type AddressType = 'LOCAL' | 'UNICAST' | 'BROADCAST' | 'MULTICAST' | 'UNSPEC' | 'BLACKHOLE' | 'UNREACHABLE' | 'PROHIBIT'

/** Where NAT may take a packet: addresses from…to, ports from…to (absent: keep if possible). */
export interface NatRange {
  addresses?: AddressRange
  ports?: PortRange
  random?: boolean
  randomFully?: boolean
  persistent?: boolean
}

export type RejectWith = 'icmp-port-unreachable' | 'icmp-net-unreachable' | 'icmp-host-unreachable' | 'icmp-proto-unreachable' | 'icmp-net-prohibited' | 'icmp-host-prohibited' | 'icmp-admin-prohibited' | 'tcp-reset'

export type Target =
  | { kind: 'ACCEPT' }
  | { kind: 'DROP' }
  | { kind: 'RETURN' }
  | { kind: 'jump'; chain: string }
  | { kind: 'goto'; chain: string }
  | { kind: 'REJECT'; with: RejectWith }
  /** mark = (mark & ~mask) ^ value: iptables-save's normal form of every MARK option. */
  | { kind: 'MARK'; value: number; mask: number }
  /** The connection's mark: `set` as MARK does; `save` copies the packet's to it, `restore` its own to the packet. */
  | { kind: 'CONNMARK'; action: 'set'; value: number; mask: number }
  | { kind: 'CONNMARK'; action: 'save' | 'restore'; packetMask: number; connectionMask: number }
  | { kind: 'DNAT'; range: NatRange }
  | { kind: 'SNAT'; range: NatRange }
  | { kind: 'MASQUERADE'; range: NatRange }
  | { kind: 'REDIRECT'; range: NatRange }
  | { kind: 'NOTRACK'; module?: 'CT' }
  /** Targets that leave the packet as it is and go on to the next rule: LOG, NFLOG, TRACE … with their options as iptables-save prints them. */
  | { kind: 'note'; module: string; options: string }
  /** A target that is not modelled, as it was written after `-j`; the packet goes on to the next rule. */
  | { kind: 'unknown'; text: string }

export type TableName = 'raw' | 'mangle' | 'nat' | 'filter'
