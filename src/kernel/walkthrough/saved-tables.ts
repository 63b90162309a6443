import { NF_ACCEPT, type Hook, type Verdict } from '../netfilter.ts'
import type { Packet } from '../packet.ts'
import { printRule } from '../rules/iptables-save/print.ts'
import type { PacketSet } from '../rules/environment.ts'
import type { Chain, Table } from '../rules/program.ts'
import type { Rule, TableName, Target } from '../rules/rule.ts'
import { moveMark } from '../rules/targets/connmark.ts'
import { Xtables } from '../xtables.ts'

/** A rule that matched on the way. */
export interface RuleHit {
  /** The built-in chain where this walk of the table began. */
  hook: string
  table: TableName
  chain: string
  /** From 1, as `iptables -L --line-numbers` counts. */
  position: number
  /** Rules of the table that the kernel tries at this hook, up to this one. */
  tried: number
  /** As iptables-save prints it. */
  rule: string
  /** In the text that it was read from. */
  line?: number
}

/**
 * The tables of a machine of which only the rules are known. Where one asks for what was not told, such as a set or the
 * owner of a socket, the answer is no, and that is a doubt.
 */
export class SavedTables extends Xtables {
  readonly hits: RuleHit[] = []
  readonly doubts = new Set<string>()
  /** What said the last word so far. */
  decidedBy = ''
  /** Is an address of the node known? */
  knowsAddress = false
  readonly #visited = new Set<Chain>()
  #hook = ''
  #connectionMark = 0

  override set(name: string): PacketSet | undefined {
    const set = super.set(name)
    if (set === undefined) this.doubts.add(`the ipset ${name} was not given: it is taken to be empty`)
    return set
  }

  /** Did the packet come through a chain with a rule that asks where it leaves? */
  asksForWayOut(): boolean {
    for (const { segments } of this.#visited) {
      for (const { rules } of segments) if (rules.some(({ matches }) => matches.some(({ kind }) => kind === 'out-interface'))) return true
    }
    return false
  }

  socketOwner(): undefined {
    this.doubts.add('who sent the packet is not known: -m owner is answered as for a packet without a socket')
    return undefined
  }

  connectionMark(): number {
    return this.#connectionMark
  }

  passed(match: string): void {
    this.doubts.add(`${match} is not modelled: it is taken not to match`)
  }

  override act(target: Target, packet: Packet, hook: Hook): Verdict {
    if (target.kind !== 'CONNMARK') return super.act(target, packet, hook)
    this.#connectionMark = moveMark(target, packet, this.#connectionMark)
    return NF_ACCEPT
  }

  override matched(table: Table, chain: Chain, position: number, rule: Rule, evaluated: number): void {
    super.matched(table, chain, position, rule, evaluated)
    // Only built-in chains have a policy, and every walk begins in one.
    if (chain.policy !== undefined) this.#hook = chain.name
    const text = printRule(chain.name, rule)
    const line = rule.line === undefined ? {} : { line: rule.line }
    this.hits.push({ hook: this.#hook, table: table.name, chain: chain.name, position: position + 1, tried: evaluated, rule: text, ...line })
    this.decidedBy = `${table.name}:${chain.name} rule ${position + 1}`
    this.#visited.add(chain)
    const { target } = rule
    const next = target?.kind === 'jump' || target?.kind === 'goto' ? table.chain(target.chain) : undefined
    if (next !== undefined) this.#visited.add(next)
    if ((target?.kind === 'MASQUERADE' || target?.kind === 'REDIRECT') && !this.knowsAddress) this.doubts.add('no address of the node is known: 0.0.0.0 stands for it')
    if (target?.kind === 'unknown') this.doubts.add(`-j ${target.text} is not modelled: the packet is taken to go on to the next rule`)
  }

  override policy(table: Table, chain: Chain, evaluated: number): void {
    super.policy(table, chain, evaluated)
    this.#visited.add(chain)
    this.decidedBy = `the policy of ${table.name}:${chain.name}`
  }
}
