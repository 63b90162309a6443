import type { Nanos } from '../../engine/agenda.ts'
import type { Hook } from '../netfilter.ts'
import type { RuleEnvironment } from '../rules/environment.ts'
import { compileRule, type CompiledRule } from './compile.ts'
import type { Element, Elements } from './elements.ts'
import type { NftRule, Statement } from './rule.ts'
import type { TimedSet } from './timed-set.ts'

/** Where a base chain is hooked in. Its policy is accept. */
export interface BaseHook {
  readonly type: 'filter' | 'nat'
  readonly hook: Hook
  readonly priority: number
}

/** A chain; with `base`, one that packets enter from a hook. */
export class NftChain {
  readonly name: string
  readonly rules: readonly NftRule[]
  readonly base: BaseHook | undefined
  readonly comment: string | undefined
  #compiled: readonly CompiledRule[] | undefined

  constructor(name: string, rules: readonly NftRule[], more: { base?: BaseHook; comment?: string } = {}) {
    this.name = name
    this.rules = rules
    this.base = more.base
    this.comment = more.comment
  }

  /** The rules as the walker tries them; made when first walked. */
  get compiled(): readonly CompiledRule[] {
    return (this.#compiled ??= this.rules.map(compileRule))
  }
}

export type KeyType = 'ipv4_addr' | 'inet_proto' | 'inet_service'

/** A named set, or a verdict map. Its elements are in several runs so that machines can share what they have in common. */
export class NftSet {
  readonly name: string
  readonly key: readonly KeyType[]
  readonly isMap: boolean
  readonly comment: string | undefined
  readonly runs: readonly Elements[]

  constructor(name: string, key: readonly KeyType[], runs: readonly Elements[], more: { isMap?: boolean; comment?: string } = {}) {
    this.name = name
    this.key = key
    this.runs = runs
    this.isMap = more.isMap ?? false
    this.comment = more.comment
  }

  get size(): number {
    let size = 0
    for (const run of this.runs) size += run.size
    return size
  }

  /** The element with that key; the last run that has one decides. */
  find(key: ArrayLike<number>): Element | undefined {
    for (let i = this.runs.length - 1; i >= 0; i--) {
      const element = (this.runs[i] as Elements).find(key)
      if (element !== undefined) return element
    }
    return undefined
  }
}

/** The declaration of a set that rules fill (flags dynamic,timeout); what is in it belongs to the machine. */
export interface DynamicSet {
  readonly name: string
  readonly timeout: Nanos
}

/** A table of family ip. Its parts may be built when they are first asked for. */
export interface NftTable {
  readonly name: string
  readonly comment: string
  readonly baseChains: readonly NftChain[]
  /** A set or map with fixed elements. */
  set(name: string): NftSet | undefined
  /** All of them, in the order of their creation. */
  sets(): Iterable<NftSet>
  dynamicSet(name: string): DynamicSet | undefined
  dynamicSets(): Iterable<DynamicSet>
  chain(name: string): NftChain | undefined
  /** Every chain, in the order of creation: base chains first. */
  chains(): Iterable<NftChain>
}

/** What rules may ask of the machine on which they are walked, and what they may make it do. */
export interface NftEnvironment extends Pick<RuleEnvironment, 'now' | 'random' | 'addressType' | 'act'> {
  /** What is in a dynamic set of this machine. */
  timedSet(name: string): TimedSet
}

/** Somebody who wants to know what a walk met. Told before an action acts, and before a jump is followed. */
export interface NftObserver {
  /** Every statement of the rule at that position (from 0) matched; `lookedUp` is what a map gave, if the rule ends in one. */
  matched(chain: NftChain, position: number, rule: NftRule, lookedUp: Statement | undefined, evaluated: number): void
  /** No rule decided: the base chain's policy did. */
  policy(chain: NftChain, evaluated: number): void
}
