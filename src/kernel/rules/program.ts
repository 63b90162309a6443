import { compileRule, type CompiledRule } from './compile.ts'
import type { Rule, TableName } from './rule.ts'
import { indexRules, type RuleIndex } from './rule-index.ts'

/**
 * An immutable run of rules. Chains are made of segments so that what many nodes have in common is built, indexed
 * and kept once; a node's own rules stand in a segment of their own.
 */
export class Segment {
  readonly rules: readonly Rule[]
  readonly #compiled: (CompiledRule | undefined)[] = []
  #index: RuleIndex | null | undefined

  constructor(rules: readonly Rule[]) {
    this.rules = rules
  }

  /** The rule at that position, in the form in which the walker tries it; made when it is first tried. */
  compiled(position: number): CompiledRule {
    return this.#compiled[position] ?? this.#compile(position)
  }

  /** Which rules can match which packets; null where trying them in turn is as good. Made when first walked. */
  get index(): RuleIndex | null {
    if (this.#index === undefined) this.#index = indexRules(this.rules)
    return this.#index
  }

  #compile(position: number): CompiledRule {
    const rule = this.rules[position]
    if (rule === undefined) throw new RangeError(`this is a bug in kubehop: no rule ${position} in a segment of ${this.rules.length}`)
    // Room for all at once, so that a high position does not make a sparse array of it.
    this.#compiled.length = this.rules.length
    const compiled = compileRule(rule)
    this.#compiled[position] = compiled
    return compiled
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

/** A table: chains by name. It never changes, a new one takes its place; but a chain may be built when it is first asked for. */
export interface Table {
  readonly name: TableName
  chain(name: string): Chain | undefined
  /** Every chain's name, in the order iptables-save prints them: built-in chains first. */
  chainNames(): readonly string[]
}

/** A table of chains that are all there already. */
export function newTable(name: TableName, chains: readonly Chain[]): Table {
  const byName = new Map(chains.map((chain) => [chain.name, chain]))
  return { name, chain: (wanted) => byName.get(wanted), chainNames: () => [...byName.keys()] }
}

/** The tables of one machine. Absent tables are not registered at any hook, as in the kernel. */
export interface Ruleset {
  readonly tables: Readonly<Partial<Record<TableName, Table>>>
}

/** Somebody who wants to know what a walk met: a trace, or counters. Told before the rule's target acts. */
export interface RuleObserver {
  /** The rule at that position of the chain (from 0) matched; `evaluated` as of now, this rule included. */
  matched(table: Table, chain: Chain, position: number, rule: Rule, evaluated: number): void
  /** No rule decided: the built-in chain's policy did. */
  policy(table: Table, chain: Chain, evaluated: number): void
  /** A rule was passed over for a match that is not modelled, written so; all that came before it in the rule matched. */
  passed?(match: string): void
}
