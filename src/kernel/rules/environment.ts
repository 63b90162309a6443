import type { Nanos } from '../../engine/agenda.ts'
import type { Address } from '../address.ts'
import type { Hook, Verdict } from '../netfilter.ts'
import type { Packet } from '../packet.ts'
import type { RecentList } from './recent.ts'
import type { AddressType, Target } from './rule.ts'

/** What a rule may ask of the machine on which it is walked, and what a target may make it do. */
export interface RuleEnvironment {
  now(): Nanos
  /** Uniform in [0, 1): what `-m statistic --mode random` draws from. */
  random(): number
  addressType(address: Address): AddressType
  /** Status bits of the packet's connection (conntrack/status.ts); 0 without one. */
  connectionStatus(packet: Packet): number
  set(name: string): PacketSet | undefined
  /** The list of that name, made if there is none yet. */
  recent(name: string): RecentList
  /** Is the packet part of an IPVS connection, and to which virtual service (`-m ipvs`)? */
  ipvsConnection?(packet: Packet): { vaddr: Address; vport: number; vproto: number } | undefined
  /** Counts the packet in that object (`-m nfacct`). */
  account?(name: string, packet: Packet): void
  /** The mark of the packet's connection; a machine that keeps none says nothing. */
  connectionMark?(packet: Packet): number
  /** Who sent the packet, if a socket of this machine did. */
  socketOwner?(packet: Packet): { uid: number; gid: number } | undefined
  /** Would a reply leave by the interface where the packet came in (`loose`: by any)? Without an answer it would. */
  isReversePath?(packet: Packet, loose: boolean): boolean
  /** Does what the walker cannot do alone: REJECT, NAT, NOTRACK, CONNMARK. */
  act(target: Target, packet: Packet, hook: Hook): Verdict
}

/** An ipset, as the `set` match asks it. */
export interface PacketSet {
  has(packet: Packet, sides: readonly ('src' | 'dst')[]): boolean
}
