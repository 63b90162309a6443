import { ruleCost } from '../costs.ts'
import type { Random } from '../engine/random.ts'
import type { Address } from './address.ts'
import type { HookFunction } from './hooks.ts'
import { NETFILTER } from './journey.ts'
import type { Ipvs } from './ipvs/ipvs.ts'
import type { Machine } from './machine.ts'
import { FORWARD, HOOK_CHAINS, LOCAL_IN, LOCAL_OUT, NF_ACCEPT, POST_ROUTING, PRE_ROUTING, PRIORITY, type Hook, type Verdict } from './netfilter.ts'
import { CT_STATES, type Packet } from './packet.ts'
import { RuleActions } from './rule-actions.ts'
import type { PacketSet, RuleEnvironment } from './rules/environment.ts'
import { printRule } from './rules/iptables-save/print.ts'
import { prependRules } from './rules/prepend.ts'
import type { Chain, RuleObserver, Ruleset, Table } from './rules/program.ts'
import { RecentList } from './rules/recent.ts'
import type { AddressType, Rule, TableName, Target } from './rules/rule.ts'
import { Walker } from './rules/walker.ts'
import type { Tracking } from './tracking.ts'

/** Where each table hooks in, and how early (iptable_raw.c and its sisters; nat has hooks of its own, see NatHooks). */
const TABLE_HOOKS: Record<Exclude<TableName, 'nat'>, { hooks: readonly Hook[]; priority: number }> = {
  raw: { hooks: [PRE_ROUTING, LOCAL_OUT], priority: PRIORITY.raw },
  mangle: { hooks: [PRE_ROUTING, LOCAL_IN, FORWARD, LOCAL_OUT, POST_ROUTING], priority: PRIORITY.mangle },
  filter: { hooks: [LOCAL_IN, FORWARD, LOCAL_OUT], priority: PRIORITY.filter },
}
const NAT_HOOKS = [
  { hook: PRE_ROUTING, priority: PRIORITY.natDestination },
  { hook: LOCAL_OUT, priority: PRIORITY.natDestination },
  { hook: LOCAL_IN, priority: PRIORITY.natSource },
  { hook: POST_ROUTING, priority: PRIORITY.natSource },
] as const

const FEW_RULES = 64
const NOT_WALKED = -1

/** The iptables tables of one machine: walks packets through them, charges what that costs, does what targets say. */
export class Xtables implements RuleEnvironment, RuleObserver {
  ruleset: Ruleset = { tables: {} }
  /** The machine's ipsets. */
  sets: { get(name: string): PacketSet | undefined } = new Map()
  /** The machine's IPVS, for `-m ipvs`. */
  ipvs: Ipvs | undefined
  readonly random: Random
  readonly walker: Walker
  readonly #machine: Machine
  readonly #tracking: Tracking
  readonly #actions: RuleActions
  readonly #recent = new Map<string, RecentList>()
  #written: Ruleset = { tables: {} }
  #front: Ruleset | undefined
  /** What walking so many rules costs, for the counts that a known flow meets. */
  readonly #fewRules: Float64Array

  /** `random` is what `-m statistic` draws from. */
  constructor(machine: Machine, tracking: Tracking, random: Random) {
    this.#machine = machine
    this.#tracking = tracking
    this.random = random
    this.walker = new Walker(this)
    this.#actions = new RuleActions(machine, tracking)
    this.#fewRules = Float64Array.from({ length: FEW_RULES }, (_, count) => ruleCost(machine.costs.rules.curve, count))
  }

  /** Replaces all tables, atomically. Chains without rules cost nothing, so their hooks are not registered. */
  load(written: Ruleset): void {
    this.#written = written
    const ruleset = this.#front === undefined ? written : prependRules(this.#front, written)
    this.ruleset = ruleset
    const { hooks } = this.#machine
    hooks.unregister('xtables')
    for (const name of ['raw', 'mangle', 'filter'] as const) {
      const table = ruleset.tables[name]
      if (table === undefined) continue
      for (const hook of TABLE_HOOKS[name].hooks) {
        const chain = table.chain(HOOK_CHAINS[hook])
        if (hasEffect(chain)) hooks.register('xtables', hook, TABLE_HOOKS[name].priority, this.#remembering((packet) => this.#walk(table, chain, hook, packet)))
      }
    }
    this.#loadNat(ruleset.tables.nat)
  }

  /** Rules of another program, kept in front of all that is loaded; undefined takes them away. */
  keepInFront(rules: Ruleset | undefined): void {
    this.#front = rules
    this.load(this.#written)
  }

  now(): number {
    return this.#machine.work.now
  }

  addressType(address: Address): AddressType {
    return this.#machine.routes.addressType(address)
  }

  connectionStatus({ ct }: Packet): number {
    return ct < 0 ? 0 : this.#tracking.table.entries.status(ct)
  }

  set(name: string): PacketSet | undefined {
    return this.sets.get(name)
  }

  ipvsConnection(packet: Packet): ReturnType<Ipvs['serviceOf']> {
    return this.ipvs?.serviceOf(packet)
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
    return this.#actions.act(target, packet, hook)
  }

  matched(table: Table, chain: Chain, position: number, rule: Rule, evaluated: number): void {
    const line = rule.line === undefined ? '' : `, line ${rule.line}`
    this.#machine.work.explain(`${table.name}:${chain.name} rule ${position + 1} (${evaluated} tried${line}): ${printRule(chain.name, rule)}`)
  }

  policy(table: Table, chain: Chain, evaluated: number): void {
    this.#machine.work.explain(`${table.name}:${chain.name} end of chain (${evaluated} tried): policy ${chain.policy ?? 'ACCEPT'}`)
  }

  #loadNat(table: Table | undefined): void {
    const { natHooks } = this.#tracking
    natHooks.unregister('xtables')
    if (table === undefined) return
    // Even an empty table of type nat has every connection bound, so that answers find their way.
    for (const { hook, priority } of NAT_HOOKS) {
      const chain = table.chain(HOOK_CHAINS[hook])
      natHooks.register('xtables', hook, priority, hasEffect(chain) ? (packet) => this.#walk(table, chain, hook, packet) : () => NF_ACCEPT)
    }
  }

  /**
   * Packets of one connection state that bear no mark may meet the same rules every time, as those of established
   * connections do in FORWARD: then the walk is not repeated, only charged. A new ruleset comes with new memories.
   */
  #remembering(walk: HookFunction): HookFunction {
    const costs = new Float64Array(CT_STATES).fill(NOT_WALKED)
    const verdicts: Verdict[] = []
    return (packet, hook) => {
      const { mark, ctState, journey } = packet
      if (mark !== 0 || journey !== null) return walk(packet, hook)
      const known = costs[ctState]!
      if (known !== NOT_WALKED) {
        this.#machine.work.charge(packet, NETFILTER, known, '')
        return verdicts[ctState]!
      }
      const verdict = walk(packet, hook)
      if (this.walker.isRepeatable) {
        costs[ctState] = this.#costOfWalk()
        verdicts[ctState] = verdict
      }
      return verdict
    }
  }

  #walk(table: Table, chain: Chain, hook: Hook, packet: Packet): Verdict {
    const { walker } = this
    if (packet.journey !== null) walker.observer = this
    const verdict = walker.walkFrom(table, chain, hook, packet)
    walker.observer = null
    this.#machine.work.charge(packet, NETFILTER, this.#costOfWalk(), packet.journey === null ? '' : `${table.name} ${HOOK_CHAINS[hook]}: ${walker.evaluated} rules tried`)
    return verdict
  }

  /** What the last walk costs, in ns. */
  #costOfWalk(): number {
    const { evaluated, statistics } = this.walker
    const { rules } = this.#machine.costs
    const plain = evaluated - statistics
    const rulesNs = this.#fewRules[plain] ?? ruleCost(rules.curve, plain)
    return Math.round(rules.table + rulesNs + statistics * rules.statistic)
  }
}

function hasEffect(chain: Chain | undefined): chain is Chain {
  return chain !== undefined && (chain.length > 0 || chain.policy === 'DROP')
}
