import type { Random } from '../engine/random.ts'
import { formatAddress, type Address } from './address.ts'
import { NETFILTER } from './journey.ts'
import type { Machine } from './machine.ts'
import type { Hook, Verdict } from './netfilter.ts'
import { printRule, printStatement } from './nftables/print-rule.ts'
import { printTable, printTime } from './nftables/print.ts'
import type { NftChain, NftEnvironment, NftObserver, NftTable } from './nftables/program.ts'
import type { NftRule, Statement } from './nftables/rule.ts'
import { TimedSet } from './nftables/timed-set.ts'
import { NftWalker } from './nftables/walker.ts'
import type { Packet } from './packet.ts'
import { RuleActions } from './rule-actions.ts'
import type { AddressType, Target } from './rules/rule.ts'
import type { Tracking } from './tracking.ts'

/** The nftables table of one machine: hooks its base chains in, charges what they cost, keeps what its dynamic sets hold. */
export class Nftables implements NftEnvironment, NftObserver {
  table: NftTable | undefined
  readonly random: Random
  readonly #machine: Machine
  readonly #tracking: Tracking
  readonly #actions: RuleActions
  readonly #timedSets = new Map<string, TimedSet>()

  /** `random` is what `numgen random` draws from. */
  constructor(machine: Machine, tracking: Tracking, random: Random) {
    this.#machine = machine
    this.#tracking = tracking
    this.random = random
    this.#actions = new RuleActions(machine, tracking)
  }

  /** Replaces the table in one transaction. A dynamic set that is in both keeps its addresses. */
  load(table: NftTable): void {
    this.table = table
    for (const name of this.#timedSets.keys()) if (table.dynamicSet(name) === undefined) this.#timedSets.delete(name)
    const walker = new NftWalker(this, table)
    const { hooks } = this.#machine
    const { natHooks } = this.#tracking
    hooks.unregister('nftables')
    natHooks.unregister('nftables')
    for (const chain of table.baseChains) {
      if (chain.base === undefined) continue
      const { type, hook, priority } = chain.base
      const hookedIn = type === 'nat' ? natHooks : hooks
      hookedIn.register('nftables', hook, priority, (packet) => this.#walk(walker, chain, hook, packet))
    }
  }

  /** The table as `nft list` prints it now. */
  *print(): Generator<string> {
    if (this.table === undefined) return
    yield* printTable(this.table, ({ name }) => this.#entries(name))
  }

  now(): number {
    return this.#machine.work.now
  }

  addressType(address: Address): AddressType {
    return this.#machine.routes.addressType(address)
  }

  timedSet(name: string): TimedSet {
    let set = this.#timedSets.get(name)
    if (set === undefined) this.#timedSets.set(name, (set = new TimedSet()))
    return set
  }

  act(target: Target, packet: Packet, hook: Hook): Verdict {
    return this.#actions.act(target, packet, hook)
  }

  matched(chain: NftChain, position: number, rule: NftRule, lookedUp: Statement | undefined, evaluated: number): void {
    const verdict = lookedUp === undefined ? '' : ` (verdict ${printStatement(lookedUp)})`
    this.#machine.work.explain(`nftables:${chain.name} rule ${position + 1} (${evaluated} tried): ${printRule(rule)}${verdict}`)
  }

  policy(chain: NftChain, evaluated: number): void {
    this.#machine.work.explain(`nftables:${chain.name} end of chain (${evaluated} tried): policy accept`)
  }

  #walk(walker: NftWalker, chain: NftChain, hook: Hook, packet: Packet): Verdict {
    const machine = this.#machine
    if (packet.journey !== null) walker.observer = this
    const verdict = walker.walk(chain, hook, packet)
    walker.observer = null
    const { nftables } = machine.costs
    const ns = nftables.chain + walker.evaluated * nftables.rule + walker.lookups * nftables.lookup + walker.draws * nftables.random
    machine.work.charge(packet, NETFILTER, ns, packet.journey === null ? '' : `nftables ${chain.name}: ${walker.evaluated} rules tried, ${walker.lookups} sets or maps asked`)
    return verdict
  }

  *#entries(name: string): Generator<string> {
    const entries = this.#timedSets.get(name)?.entries(this.#machine.agenda.now) ?? []
    for (const [address, left] of entries) yield `${formatAddress(address)} expires ${printTime(left)}`
  }
}
