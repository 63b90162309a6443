import { ruleCost } from '../costs.ts'
import type { Random } from '../engine/random.ts'
import { formatAddress, LOOPBACK, type Address } from './address.ts'
import { tcpReset } from './answers.ts'
import { CONNTRACK, NETFILTER } from './journey.ts'
import type { Machine } from './machine.ts'
import { FORWARD, HOOK_CHAINS, LOCAL_IN, LOCAL_OUT, NF_ACCEPT, POST_ROUTING, PRE_ROUTING, PRIORITY, type Hook, type Verdict } from './netfilter.ts'
import * as icmp from './packet.ts'
import { CT_UNTRACKED, TCP, type Packet } from './packet.ts'
import { printRule } from './rules/iptables-save/print.ts'
import { DST_NAT, SRC_NAT } from './conntrack/status.ts'
import { IPS_DST_NAT, IPS_SRC_NAT, type Chain, type PacketSet, type RuleEnvironment, type RuleObserver, type Ruleset, type Table } from './rules/program.ts'
import { RecentList } from './rules/recent.ts'
import type { AddressType, RejectWith, Rule, TableName, Target } from './rules/rule.ts'
import { Walker } from './rules/walker.ts'
import type { Tracking } from './tracking.ts'

/** Where each table hooks in, and how early (iptable_raw.c and its sisters; nat is apart, see `#nat`). */
const TABLE_HOOKS: Record<Exclude<TableName, 'nat'>, { hooks: readonly Hook[]; priority: number }> = {
  raw: { hooks: [PRE_ROUTING, LOCAL_OUT], priority: PRIORITY.raw },
  mangle: { hooks: [PRE_ROUTING, LOCAL_IN, FORWARD, LOCAL_OUT, POST_ROUTING], priority: PRIORITY.mangle },
  filter: { hooks: [LOCAL_IN, FORWARD, LOCAL_OUT], priority: PRIORITY.filter },
}
const NAT_HOOKS = { [PRE_ROUTING]: PRIORITY.natDestination, [LOCAL_OUT]: PRIORITY.natDestination, [LOCAL_IN]: PRIORITY.natSource, [POST_ROUTING]: PRIORITY.natSource } as const

/** The ICMP code of each `--reject-with`. */
const REJECT_CODES: Record<Exclude<RejectWith, 'tcp-reset'>, number> = {
  'icmp-net-unreachable': icmp.NET_UNREACHABLE,
  'icmp-host-unreachable': icmp.HOST_UNREACHABLE,
  'icmp-proto-unreachable': icmp.PROTOCOL_UNREACHABLE,
  'icmp-port-unreachable': icmp.PORT_UNREACHABLE,
  'icmp-net-prohibited': 9,
  'icmp-host-prohibited': icmp.HOST_PROHIBITED,
  'icmp-admin-prohibited': icmp.ADMIN_PROHIBITED,
}

/** The iptables tables of one machine: walks packets through them, charges what that costs, does what targets say. */
export class Xtables implements RuleEnvironment, RuleObserver {
  ruleset: Ruleset = { tables: {} }
  readonly sets = new Map<string, PacketSet>()
  readonly random: Random
  readonly walker: Walker
  readonly #machine: Machine
  readonly #tracking: Tracking
  readonly #recent = new Map<string, RecentList>()

  /** `random` is what `-m statistic` draws from. */
  constructor(machine: Machine, tracking: Tracking, random: Random) {
    this.#machine = machine
    this.#tracking = tracking
    this.random = random
    this.walker = new Walker(this)
  }

  /** Replaces all tables, atomically. Chains without rules cost nothing, so their hooks are not registered. */
  load(ruleset: Ruleset): void {
    this.ruleset = ruleset
    const { hooks } = this.#machine
    hooks.unregister('xtables')
    for (const name of ['raw', 'mangle', 'filter'] as const) {
      const table = ruleset.tables[name]
      if (table === undefined) continue
      for (const hook of TABLE_HOOKS[name].hooks) {
        if (hasEffect(table.chain(HOOK_CHAINS[hook]))) hooks.register('xtables', hook, TABLE_HOOKS[name].priority, (packet, at) => this.#walk(table, at, packet))
      }
    }
    for (const hook of [PRE_ROUTING, LOCAL_IN, LOCAL_OUT, POST_ROUTING] as const) hooks.register('xtables', hook, NAT_HOOKS[hook], (packet, at) => this.#nat(packet, at))
  }

  now(): number {
    return this.#machine.now
  }

  addressType(address: Address): AddressType {
    return this.#machine.routes.addressType(address)
  }

  natStatus(packet: Packet): number {
    const { table } = this.#tracking
    if (packet.ct < 0) return 0
    return (table.hasStatus(packet.ct, SRC_NAT) ? IPS_SRC_NAT : 0) | (table.hasStatus(packet.ct, DST_NAT) ? IPS_DST_NAT : 0)
  }

  set(name: string): PacketSet | undefined {
    return this.sets.get(name)
  }

  recent(name: string): RecentList {
    let list = this.#recent.get(name)
    if (list === undefined) {
      list = new RecentList()
      this.#recent.set(name, list)
    }
    return list
  }

  act(target: Target, packet: Packet, hook: Hook): Verdict {
    const { costs } = this.#machine
    switch (target.kind) {
      case 'DNAT':
        this.#tracking.setup(packet, hook, target.range)
        this.#machine.charge(packet, CONNTRACK, costs.natDestination, 'DNAT')
        return NF_ACCEPT
      case 'SNAT':
        this.#tracking.setup(packet, hook, target.range)
        this.#machine.charge(packet, CONNTRACK, costs.natMasquerade, 'SNAT')
        return NF_ACCEPT
      case 'MASQUERADE': {
        const address = packet.outInterface?.addresses[0] ?? this.#machine.primaryAddress
        this.#tracking.setup(packet, hook, { ...target.range, addresses: { from: address, to: address } })
        this.#machine.charge(packet, CONNTRACK, costs.natMasquerade, 'MASQUERADE')
        return NF_ACCEPT
      }
      case 'REDIRECT': {
        const address = hook === LOCAL_OUT ? LOOPBACK : (packet.inInterface?.addresses[0] ?? this.#machine.primaryAddress)
        this.#tracking.setup(packet, hook, { ...target.range, addresses: { from: address, to: address } })
        this.#machine.charge(packet, CONNTRACK, costs.natDestination, 'REDIRECT')
        return NF_ACCEPT
      }
      case 'REJECT':
        return this.#reject(packet, target.with)
      case 'NOTRACK':
        packet.ctState = CT_UNTRACKED
        return NF_ACCEPT
      default:
        return NF_ACCEPT
    }
  }

  matched(table: Table, chain: Chain, position: number, rule: Rule, evaluated: number): void {
    this.#machine.explain(`${table.name}:${chain.name} rule ${position + 1} (${evaluated} tried): ${printRule(chain.name, rule)}`)
  }

  policy(table: Table, chain: Chain, evaluated: number): void {
    this.#machine.explain(`${table.name}:${chain.name} end of chain (${evaluated} tried): policy ${chain.policy ?? 'ACCEPT'}`)
  }

  #walk(table: Table, hook: Hook, packet: Packet): Verdict {
    const { walker } = this
    if (packet.journey !== null) walker.observer = this
    const verdict = walker.walk(table, hook, packet)
    walker.observer = null
    const { rules } = this.#machine.costs
    const plain = walker.evaluated - walker.statistics
    const ns = Math.round(rules.table + ruleCost(rules.curve, plain) + walker.statistics * rules.statistic)
    this.#machine.charge(packet, NETFILTER, ns, packet.journey === null ? '' : `${table.name} ${HOOK_CHAINS[hook]}: ${walker.evaluated} rules tried`)
    return verdict
  }

  /** The nat table is asked once for each side of a connection; every later packet is translated by its entry alone. */
  #nat(packet: Packet, hook: Hook): Verdict {
    if (packet.ct < 0) return NF_ACCEPT
    const { nat } = this.#tracking
    const machine = this.#machine
    if (nat.needsSetup(packet, hook)) {
      const verdict = this.#firstPacket(packet, hook)
      if (verdict !== NF_ACCEPT) return verdict
    } else {
      machine.charge(packet, CONNTRACK, machine.costs.natTranslate, 'NAT of a known flow')
    }
    if (packet.journey === null) nat.translate(packet, hook)
    else this.#translateAndExplain(packet, hook)
    return NF_ACCEPT
  }

  #firstPacket(packet: Packet, hook: Hook): Verdict {
    const { nat } = this.#tracking
    const table = this.ruleset.tables.nat
    const verdict = table === undefined || !hasEffect(table.chain(HOOK_CHAINS[hook])) ? NF_ACCEPT : this.#walk(table, hook, packet)
    if (verdict !== NF_ACCEPT) return verdict
    if (nat.needsSetup(packet, hook)) this.#tracking.setup(packet, hook, null)
    // The measured constant is that of a whole flow, so it is charged once, on the destination's side.
    if (hook === PRE_ROUTING || hook === LOCAL_OUT) this.#machine.charge(packet, CONNTRACK, this.#machine.costs.natNullBinding, 'NAT binding')
    return NF_ACCEPT
  }

  #translateAndExplain(packet: Packet, hook: Hook): void {
    const before = endpoints(packet)
    if (!this.#tracking.nat.translate(packet, hook)) return
    this.#machine.explain(`rewritten ${before} to ${endpoints(packet)}`)
    this.#machine.charge(packet, CONNTRACK, 0, 'NAT')
  }

  #reject(packet: Packet, how: RejectWith): Verdict {
    if (how !== 'tcp-reset') this.#tracking.sendError(packet, icmp.DESTINATION_UNREACHABLE, REJECT_CODES[how])
    else if (packet.protocol === TCP) {
      const reset = tcpReset(packet)
      if (reset !== undefined) this.#tracking.answer(packet, reset)
    }
    return this.#machine.because('rule: REJECT')
  }
}

function hasEffect(chain: Chain | undefined): boolean {
  return chain !== undefined && (chain.length > 0 || chain.policy === 'DROP')
}

function endpoints(packet: Packet): string {
  return `${formatAddress(packet.source)}:${packet.sourcePort} > ${formatAddress(packet.destination)}:${packet.destinationPort}`
}
