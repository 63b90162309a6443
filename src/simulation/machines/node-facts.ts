import type { Costs } from '../../costs.ts'
import type { Address, Cidr } from '../../kernel/address.ts'
import type { Sysctls } from '../../socket/sysctls.ts'
import type { TunnelKind } from '../../wire/tunnel.ts'

/** What is known of a node before it is built. */
export interface NodeFacts {
  name: string
  address: Address
  podCIDR: Cidr | undefined
  zone: string | undefined
  /** How other machines reach its pods. */
  toPods: NextHop
}

/** Who takes a packet next, and whether it is for a pod behind that machine. */
export interface NextHop {
  hop: Address
  pod: boolean
}

/** What all nodes of a cluster have in common. */
export interface NodeSettings {
  costs: Costs
  cores: number
  /** Share of what sockets send that another core than the flow's works on. */
  migration: number
  /** The number that `kernelVersion` gives. */
  kernel: number
  /** By their dotted names. */
  sysctls: Record<string, number>
  socketSysctls: Sysctls
  pods: 'ptp' | 'bridge' | 'sriov'
  routing: 'host-gw' | TunnelKind
  /** Hairpin mode of bridge ports. */
  hairpin: boolean
  mtu: number
  gateway: Address
  link: Cidr
}

/** Where a packet for another machine's pod, or another machine, goes next; undefined: by the default route. */
export type NextHops = (destination: Address, from: Pick<NodeFacts, 'name' | 'address'>) => NextHop | undefined
