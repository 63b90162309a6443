import { addressTypeOf } from '../address-type.ts'
import { addressOf, formatAddress, isLoopback, type Address } from '../address.ts'
import type { Interface } from '../interface.ts'
import { HOOK_CHAINS, NF_ACCEPT, NF_DROP, type Hook, type Verdict } from '../netfilter.ts'
import { CT_ESTABLISHED, CT_INVALID, CT_NEW, CT_NONE, CT_RELATED, CT_UNTRACKED, Packet, type CtState } from '../packet.ts'
import type { PacketSet, RuleEnvironment } from './environment.ts'
import { printRule } from './iptables-save/print.ts'
import type { Chain, RuleObserver, Ruleset, Table } from './program.ts'
import { parseProtocol } from './protocols.ts'
import { RecentList } from './recent.ts'
import type { AddressType, NatRange, Rule, TableName, Target } from './rule.ts'
import { moveMark } from './targets/connmark.ts'
import { Walker } from './walker.ts'

/** A packet in plain words. */
export interface PlainPacket {
  /** `tcp`, `udp`, `icmp`, `sctp`, or any other name or number of /etc/protocols. */
  protocol: string
  source: string
  destination: string
  sourcePort?: number
  destinationPort?: number
  icmpType?: number
  icmpCode?: number
  inInterface?: string
  outInterface?: string
  mark?: number
  /** The connection's mark, for `-m connmark` and CONNMARK. */
  connmark?: number
  /** Who sent it, for `-m owner` in OUTPUT. */
  owner?: { uid: number; gid: number }
  /** `NEW` unless said otherwise. Only such packets meet the nat table. */
  ctstate?: 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED'
  /** Addresses of the machine itself, for `-m addrtype`; 127.0.0.0/8 is always local. */
  localAddresses?: readonly string[]
}

/** What the machine has besides its rules. */
export interface WalkOptions {
  /** Uniform in [0, 1), for `-m statistic`. Without it every draw is 0: the first rule that could match does. */
  random?: () => number
  /** The machine's ipsets. Without them every set is empty. */
  sets?: (name: string) => PacketSet | undefined
}

/** A rule that matched. */
export interface Hit {
  table: TableName
  chain: string
  /** From 1, as `iptables -L --line-numbers` counts. */
  position: number
  /** As iptables-save prints it. */
  rule: string
}

/** What has become of the packet, and which rules it met. */
export interface WalkResult {
  verdict: 'ACCEPT' | 'DROP' | 'REJECT'
  /** Rules that the kernel would have tried, in all tables of the hook. */
  evaluated: number
  /** The rules that matched, in order. */
  hits: Hit[]
  /** What NAT makes of the packet. MASQUERADE's source is the address of the outgoing interface, which is not known here. */
  rewritten?: { source?: string; sourcePort?: number; destination?: string; destinationPort?: number }
  mark: number
  /** Matches that are not modelled and were passed over on the way: the answer holds only if they would not have matched. */
  doubts: string[]
}

export type HookName = (typeof HOOK_CHAINS)[number]

const CT_STATES = { NEW: CT_NEW, ESTABLISHED: CT_ESTABLISHED, RELATED: CT_RELATED, INVALID: CT_INVALID, UNTRACKED: CT_UNTRACKED } as const
/** By priority. Source NAT comes after filter, destination NAT before it. */
const TABLES: Readonly<Record<HookName, readonly TableName[]>> = {
  PREROUTING: ['raw', 'mangle', 'nat'],
  INPUT: ['mangle', 'filter', 'nat'],
  FORWARD: ['mangle', 'filter'],
  OUTPUT: ['raw', 'mangle', 'nat', 'filter'],
  POSTROUTING: ['mangle', 'nat'],
}

/**
 * Walks one packet through the rules of one hook, table by table as the kernel does, and says what becomes of it.
 * Throws a TypeError for an address or a protocol that is none.
 */
export function walk(ruleset: Ruleset, packet: PlainPacket, hook: HookName, options: WalkOptions = {}): WalkResult {
  return new Walk(packet, options).through(ruleset, hook)
}

class Walk implements RuleEnvironment, RuleObserver {
  readonly #packet: Packet
  readonly #local: ReadonlySet<number>
  readonly #owner: PlainPacket['owner']
  readonly #options: WalkOptions
  #connectionMark: number
  readonly #lists = new Map<string, RecentList>()
  readonly #result: WalkResult = { verdict: 'ACCEPT', evaluated: 0, hits: [], mark: 0, doubts: [] }

  constructor(packet: PlainPacket, options: WalkOptions) {
    this.#packet = packetFrom(packet)
    this.#local = new Set((packet.localAddresses ?? []).map(addressOf))
    this.#owner = packet.owner
    this.#connectionMark = packet.connmark ?? 0
    this.#options = options
  }

  through(ruleset: Ruleset, hook: HookName): WalkResult {
    const walker = new Walker(this)
    walker.observer = this
    const number = HOOK_CHAINS.indexOf(hook) as Hook // the names stand in the order of the hooks
    const packet = this.#packet
    let state: CtState = packet.ctState
    for (const name of TABLES[hook]) {
      const table = ruleset.tables[name]
      if (table === undefined || (name === 'nat' && state !== CT_NEW)) continue
      // raw comes before connection tracking; NOTRACK there is what later tables see.
      packet.ctState = name === 'raw' ? CT_NONE : state
      const verdict = walker.walk(table, number, packet)
      if (packet.ctState === CT_UNTRACKED) state = CT_UNTRACKED
      this.#result.evaluated += walker.evaluated
      if (verdict !== NF_ACCEPT) {
        if (this.#result.verdict === 'ACCEPT') this.#result.verdict = 'DROP'
        break
      }
    }
    this.#result.mark = packet.mark >>> 0
    return this.#result
  }

  now(): number {
    return 0
  }

  random(): number {
    return this.#options.random?.() ?? 0
  }

  addressType(address: Address): AddressType {
    return addressTypeOf(address, this.#local.has(address) || isLoopback(address))
  }

  connectionStatus(): number {
    return 0
  }

  connectionMark(): number {
    return this.#connectionMark
  }

  socketOwner(): PlainPacket['owner'] {
    return this.#owner
  }

  set(name: string): PacketSet | undefined {
    return this.#options.sets?.(name)
  }

  recent(name: string): RecentList {
    const list = this.#lists.get(name) ?? new RecentList()
    this.#lists.set(name, list)
    return list
  }

  act(target: Target, packet: Packet): Verdict {
    switch (target.kind) {
      case 'REJECT':
        this.#result.verdict = 'REJECT'
        return NF_DROP
      case 'NOTRACK':
        packet.ctState = CT_UNTRACKED
        break
      case 'CONNMARK':
        this.#connectionMark = moveMark(target, packet, this.#connectionMark)
        break
      case 'DNAT':
        this.#rewriteDestination(packet, target.range)
        break
      case 'REDIRECT':
        this.#rewriteDestination(packet, { ...target.range, addresses: { from: this.#ownAddress(), to: this.#ownAddress() } })
        break
      case 'SNAT':
      case 'MASQUERADE':
        this.#rewriteSource(packet, target.range)
        break
      default:
        break
    }
    return NF_ACCEPT
  }

  matched(table: Table, chain: Chain, position: number, rule: Rule): void {
    this.#result.hits.push({ table: table.name, chain: chain.name, position: position + 1, rule: printRule(chain.name, rule) })
  }

  policy(): void {
    // It is in the verdict.
  }

  passed(match: string): void {
    this.#result.doubts.push(match)
  }

  #ownAddress(): number {
    for (const address of this.#local) return address
    return addressOf('127.0.0.1')
  }

  #rewriteDestination(packet: Packet, { addresses, ports }: NatRange): void {
    if (addresses !== undefined) packet.destination = addresses.from
    if (ports !== undefined) packet.destinationPort = ports.from
    this.#result.rewritten = { destination: formatAddress(packet.destination), destinationPort: packet.destinationPort }
  }

  #rewriteSource(packet: Packet, { addresses, ports }: NatRange): void {
    if (addresses !== undefined) packet.source = addresses.from
    if (ports !== undefined) packet.sourcePort = ports.from
    this.#result.rewritten = {
      ...(addresses !== undefined && { source: formatAddress(packet.source) }),
      ...(ports !== undefined && { sourcePort: packet.sourcePort }),
    }
  }
}

function packetFrom(plain: PlainPacket): Packet {
  const protocol = parseProtocol(plain.protocol)
  if (protocol === undefined) throw new TypeError(`not a protocol: ${plain.protocol}`)
  const packet = new Packet()
  packet.protocol = protocol
  packet.source = addressOf(plain.source)
  packet.destination = addressOf(plain.destination)
  packet.sourcePort = plain.sourcePort ?? 0
  packet.destinationPort = plain.destinationPort ?? 0
  packet.icmpType = plain.icmpType ?? 0
  packet.icmpCode = plain.icmpCode ?? 0
  packet.mark = (plain.mark ?? 0) | 0
  packet.ctState = CT_STATES[plain.ctstate ?? 'NEW']
  packet.inInterface = plain.inInterface === undefined ? null : interfaceNamed(plain.inInterface)
  packet.outInterface = plain.outInterface === undefined ? null : interfaceNamed(plain.outInterface)
  return packet
}

function interfaceNamed(name: string): Interface {
  return { name, kind: 'ethernet', addresses: [], transmit: () => undefined }
}
