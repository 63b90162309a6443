import type { Address } from '../address.ts'
import { NF_ACCEPT, NF_DROP, type Hook, type Verdict } from '../netfilter.ts'
import type { Packet } from '../packet.ts'
import type { CompiledRule } from './compile.ts'
import type { NftChain, NftEnvironment, NftObserver, NftSet, NftTable } from './program.ts'
import type { ActionStatement, NftRule, VerdictStatement } from './rule.ts'
import { BREAK, NEXT, type NftWalk, type Outcome, type Step } from './step.ts'

/** What a chain decided: a Verdict, or one of these two, which are above NF_STOLEN. */
const GO_ON = 8
const GO_BACK = 9
type Decision = Verdict | typeof GO_ON | typeof GO_BACK

/** NFT_JUMP_STACK_SIZE: the kernel refuses rules that would jump deeper. */
const DEPTH_MAX = 16

/** Walks packets through the chains of one machine's table, and counts what that takes (nf_tables_core.c, nft_do_chain). */
export class NftWalker implements NftWalk {
  readonly environment: NftEnvironment
  /** Told of every rule that matches, if set. */
  observer: NftObserver | null = null
  /** In the last walk: rules tried, sets and maps asked, random numbers drawn. */
  evaluated = 0
  lookups = 0
  draws = 0

  #table: NftTable
  #hook: Hook = 0
  #depth = 0
  readonly #single = new Int32Array(1)

  constructor(environment: NftEnvironment, table: NftTable) {
    this.environment = environment
    this.#table = table
  }

  /** Walks a base chain. */
  walk(chain: NftChain, hook: Hook, packet: Packet): Verdict {
    this.evaluated = 0
    this.lookups = 0
    this.draws = 0
    this.#hook = hook
    const decision = this.#walkChain(chain, packet)
    if (decision !== GO_ON && decision !== GO_BACK) return decision
    if (this.observer !== null) this.observer.policy(chain, this.evaluated)
    return NF_ACCEPT
  }

  isMember(name: string, address: Address): boolean {
    this.lookups++
    if (this.#table.dynamicSet(name) !== undefined) return this.environment.timedSet(name).has(address, this.environment.now())
    this.#single[0] = address
    return this.#set(name).find(this.#single) !== undefined
  }

  update(name: string, address: Address): boolean {
    this.lookups++
    const declared = this.#table.dynamicSet(name)
    if (declared === undefined) throw new Error(`a rule fills the set ${name}, which table ${this.#table.name} does not have`)
    return this.environment.timedSet(name).update(address, this.environment.now(), declared.timeout)
  }

  verdictOf(name: string, key: Int32Array): VerdictStatement | undefined {
    this.lookups++
    return this.#set(name).find(key)?.verdict
  }

  draw(modulus: number): number {
    this.draws++
    this.lookups++
    return Math.floor(this.environment.random() * modulus)
  }

  #set(name: string): NftSet {
    const set = this.#table.set(name)
    if (set === undefined) throw new Error(`a rule asks the set ${name}, which table ${this.#table.name} does not have`)
    return set
  }

  #walkChain(chain: NftChain, packet: Packet): Decision {
    const { compiled } = chain
    for (let position = 0; position < compiled.length; position++) {
      this.evaluated++
      const rule = compiled[position] as CompiledRule
      const outcome = this.#tryRule(rule.steps, packet)
      if (outcome === BREAK) continue
      if (this.observer !== null) this.observer.matched(chain, position, rule.rule, lookedUp(rule.rule, outcome), this.evaluated)
      if (outcome === NEXT) continue
      const decision = this.#take(outcome, packet)
      if (decision !== GO_ON) return decision
    }
    return GO_ON
  }

  #tryRule(steps: readonly Step[], packet: Packet): Outcome {
    for (let i = 0; i < steps.length; i++) {
      const outcome = (steps[i] as Step)(packet, this)
      if (outcome !== NEXT) return outcome
    }
    return NEXT
  }

  #take(outcome: VerdictStatement | ActionStatement, packet: Packet): Decision {
    switch (outcome.kind) {
      case 'accept':
        return NF_ACCEPT
      case 'drop':
        return NF_DROP
      case 'return':
        return GO_BACK
      case 'jump':
        return this.#enter(outcome.chain, packet, GO_ON)
      case 'goto':
        return this.#enter(outcome.chain, packet, GO_BACK)
      default:
        return this.environment.act(outcome, packet, this.#hook)
    }
  }

  /** Walks that chain; `after` is what holds when it ends without a verdict. */
  #enter(name: string, packet: Packet, after: Decision): Decision {
    const chain = this.#table.chain(name)
    if (chain === undefined) throw new Error(`a rule leads to the chain ${name}, which table ${this.#table.name} does not have`)
    if (++this.#depth > DEPTH_MAX) throw new Error(`more than ${DEPTH_MAX} chains deep at ${name}: rules that jump in a circle?`)
    const decision = this.#walkChain(chain, packet)
    this.#depth--
    return decision === GO_ON || decision === GO_BACK ? after : decision
  }
}

/** The outcome of a rule that does not say it itself, because it comes from a map. */
function lookedUp(rule: NftRule, outcome: Outcome): VerdictStatement | ActionStatement | undefined {
  return outcome === NEXT || outcome === BREAK || outcome === rule.statements.at(-1) ? undefined : outcome
}
