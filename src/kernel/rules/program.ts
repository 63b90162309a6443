import type { Nanos } from '../../engine/agenda.ts'
import type { Address } from '../address.ts'
import type { Hook, Verdict } from '../netfilter.ts'
import type { Packet } from '../packet.ts'
import type { AddressType, Rule, TableName, Target } from './rule.ts'

/**
 * An immutable run of rules. Chains are made of segments so that what many nodes have in common is built, indexed
 * and kept once; a node's own rules stand in a segment of their own.
 */
export class Segment {
  readonly rules: readonly Rule[]

  constructor(rules: readonly Rule[]) {
    this.rules = rules
  }
}

/** A chain: its rules are those of its segments, one after the other. Built-in chains have a policy. */
export class Chain {
  readonly name: string
  readonly segments: readonly Segment[]
  readonly policy: 'ACCEPT' | 'DROP' | undefined
  /** Rules in all segments. */
  readonly length: number

  constructor(name: string, segments: readonly Segment[], policy?: 'ACCEPT' | 'DROP') {
    this.name = name
    this.segments = segments
    this.policy = policy
    let length = 0
    for (const segment of segments) length += segment.rules.length
    this.length = length
  }
}

/** A table: chains by name. A chain may be built when it is first asked for. */
export interface Table {
  readonly name: TableName
  chain(name: string): Chain | undefined
  /** Every chain's name, in the order iptables-save prints them: built-in chains first. */
  chainNames(): readonly string[]
}

/** The tables of one machine. Absent tables are not registered at any hook, as in the kernel. */
export interface Ruleset {
  readonly tables: Readonly<Partial<Record<TableName, Table>>>
}

/** What a rule may ask of the machine on which it is walked, and what a target may make it do. */
export interface RuleEnvironment {
  now(): Nanos
  /** Uniform in [0, 1): what `-m statistic --mode random` draws from. */
  random(): number
  addressType(address: Address): AddressType
  set(name: string): PacketSet | undefined
  recent(name: string): RecentList
  /** Is the packet part of an IPVS connection to that virtual service (`-m ipvs`)? */
  ipvsConnection?(packet: Packet): { vaddr: Address; vport: number; vproto: number } | undefined
  /** Does what the walker cannot do alone: REJECT, NAT, NOTRACK. */
  act(target: Target, packet: Packet, hook: Hook): Verdict
}

/** An ipset, as the `set` match asks it. */
export interface PacketSet {
  has(packet: Packet, sides: readonly ('src' | 'dst')[]): boolean
}

/** xt_recent's list of addresses (net/netfilter/xt_recent.c): at most `ip_list_tot` = 100 of them, the oldest goes. */
export interface RecentList {
  set(address: Address, now: Nanos): void
  /** Was the address seen within `seconds` (undefined: ever)? `hitcount` as in xt_recent; `update` refreshes. */
  check(address: Address, now: Nanos, seconds: number | undefined, hitcount: number | undefined, update: boolean): boolean
  remove(address: Address): boolean
  /** Drops what is older than `seconds` (`--reap`). */
  reap(now: Nanos, seconds: number): void
}
