import type { Interface } from '../interface.ts'
import type { Packet } from '../packet.ts'
import { statesOf } from './matches/conntrack.ts'
import { interfaceTest } from './matches/interface-name.ts'
import type { MatchOf, RuleWalk, Test } from './matches/match-module.ts'
import { PROTOCOL_OF } from './matches/ports.ts'
import { moduleOf } from './matches/registry.ts'
import type { Chain, Table } from './program.ts'
import type { Match, Rule, Target } from './rule.ts'

/** What the walker does with a packet that matched. */
export const CONTINUE = 0
export const ACCEPT = 1
export const DROP = 2
export const RETURN = 3
export const JUMP = 4
export const GOTO = 5
export const MARK = 6
/** The environment acts, and its verdict is the rule's. */
export const ACT = 7
/** The environment acts, and the packet goes on to the next rule. */
export const ACT_AND_CONTINUE = 8

const ACTION_OF: Readonly<Record<Target['kind'], number>> = {
  ACCEPT,
  DROP,
  RETURN,
  jump: JUMP,
  goto: GOTO,
  MARK,
  REJECT: ACT,
  DNAT: ACT,
  SNAT: ACT,
  MASQUERADE: ACT,
  REDIRECT: ACT,
  NOTRACK: ACT_AND_CONTINUE,
  CONNMARK: ACT_AND_CONTINUE,
  note: CONTINUE,
  unknown: CONTINUE,
}

const NO_TESTS: readonly Test[] = []

/**
 * A rule as the walker tries it: its head in plain fields, as struct ipt_ip has them, with what most rules of a node ask
 * besides (destination port, connection state, mark); then the tests of its other modules, in order.
 */
export class CompiledRule {
  readonly rule: Rule
  readonly action: number
  /** MARK: mark = (mark & markKeep) ^ markFlip. */
  readonly markKeep: number
  readonly markFlip: number
  readonly #chainName: string
  // The table that was asked last, and its answer: looking a name up costs more than trying the rule.
  #table: Table | null = null
  #chain: Chain | null = null

  #source = 0
  #sourceMask = 0
  #sourceEqual = true
  #destination = 0
  #destinationMask = 0
  #destinationEqual = true
  /** 0: any, as in struct ipt_ip. */
  #protocol = 0
  #protocolEqual = true
  /** 0: no port is asked for. */
  #portProtocol = 0
  #portFrom = 0
  #portTo = 0
  /** Bits of the connection states that will do. */
  #states = -1
  #mark = 0
  #markMask = 0
  #markEqual = true
  #tests: readonly Test[] = NO_TESTS
  /** For more than connection state and mark. */
  readonly #asksMore: boolean

  constructor(rule: Rule) {
    const { target } = rule
    this.rule = rule
    this.action = target === null ? CONTINUE : ACTION_OF[target.kind]
    this.#chainName = target?.kind === 'jump' || target?.kind === 'goto' ? target.chain : ''
    this.markKeep = target?.kind === 'MARK' ? ~target.mask : -1
    this.markFlip = target?.kind === 'MARK' ? target.value | 0 : 0
    let effectSeen = false
    for (const match of rule.matches) {
      const module = moduleOf(match)
      // What comes after a module with an effect (a random draw, a list entry) must not be asked before it.
      const isFixed = module !== undefined && effectSeen
      if (isFixed || !this.#takeIn(match)) this.#tests = [...this.#tests, testOf(match)]
      effectSeen ||= module?.hasEffect === true
    }
    this.#asksMore = rule.matches.some(({ kind }) => kind !== 'conntrack' && kind !== 'mark' && kind !== 'comment') || this.#tests.length > 0
  }

  matches(packet: Packet, walk: RuleWalk): boolean {
    // First what lets most packets pass most rules, or is all that a rule asks. Nothing here has an effect, so the order is free.
    if (((1 << packet.ctState) & this.#states) === 0) return false
    if (((packet.mark & this.#markMask) === this.#mark) !== this.#markEqual) return false
    if (!this.#asksMore) return true
    walk.isRepeatable = false
    if (((packet.source & this.#sourceMask) === this.#source) !== this.#sourceEqual) return false
    if (((packet.destination & this.#destinationMask) === this.#destination) !== this.#destinationEqual) return false
    if (this.#protocol !== 0 && (packet.protocol === this.#protocol) !== this.#protocolEqual) return false
    if (this.#portProtocol !== 0) {
      if (packet.protocol !== this.#portProtocol || packet.destinationPort < this.#portFrom || packet.destinationPort > this.#portTo) return false
    }
    const tests = this.#tests
    for (let i = 0; i < tests.length; i++) if (!(tests[i] as Test)(packet, walk)) return false
    return true
  }

  /** The chain where JUMP and GOTO lead in that table. */
  chainIn(table: Table): Chain {
    if (this.#table === table && this.#chain !== null) return this.#chain
    const chain = table.chain(this.#chainName)
    if (chain === undefined) throw new Error(`a rule leads to the chain ${this.#chainName}, which table ${table.name} does not have`)
    this.#table = table
    this.#chain = chain
    return chain
  }

  /** Puts a match into plain fields; false for one that needs a test of its own. */
  #takeIn(match: Match): boolean {
    switch (match.kind) {
      case 'source':
        this.#source = match.cidr.network
        this.#sourceMask = match.cidr.mask
        this.#sourceEqual = match.negated !== true
        return true
      case 'destination':
        this.#destination = match.cidr.network
        this.#destinationMask = match.cidr.mask
        this.#destinationEqual = match.negated !== true
        return true
      case 'protocol':
        this.#protocol = match.protocol
        this.#protocolEqual = match.negated !== true
        return true
      case 'comment':
        return true
      case 'conntrack': {
        const states = statesOf(match)
        if (states !== undefined) this.#states &= states
        return states !== undefined
      }
      case 'mark':
        if (this.#markMask !== 0 || !this.#markEqual) return false
        this.#mark = match.value | 0
        this.#markMask = match.mask | 0
        this.#markEqual = match.negated !== true
        return true
      case 'ports':
        return this.#takeInPorts(match)
      default:
        return false
    }
  }

  #takeInPorts({ module, source, destination, destinationNegated, flags }: MatchOf<'ports'>): boolean {
    if (this.#portProtocol !== 0 || source !== undefined || destinationNegated === true || flags !== undefined) return false
    this.#portProtocol = PROTOCOL_OF[module]
    this.#portFrom = destination?.from ?? 0
    this.#portTo = destination?.to ?? 65535
    return true
  }
}

export function compileRule(rule: Rule): CompiledRule {
  return new CompiledRule(rule)
}

function testOf(match: Match): Test {
  if (match.kind === 'in-interface') return interfaceMatch(match, (packet) => packet.inInterface)
  if (match.kind === 'out-interface') return interfaceMatch(match, (packet) => packet.outInterface)
  // Connection tracking has put fragments together before any rule sees them.
  if (match.kind === 'fragment') return () => match.negated === true
  if (match.kind === 'unknown') return unknownTest(match.text)
  const module = moduleOf(match)
  if (module === undefined) throw new Error(`this is a bug in kubehop: nobody tests a match of kind ${match.kind}`)
  return module.test(match)
}

function interfaceMatch({ name, negated }: { name: string; negated?: boolean }, side: (packet: Packet) => Interface | null): Test {
  const test = interfaceTest(name)
  const expected = negated !== true
  return (packet) => test(side(packet)) === expected
}

/** Nobody knows whether it would match, so it does not; an observer hears of it. */
function unknownTest(text: string): Test {
  return (_packet, walk) => {
    walk.passedOver(text)
    return false
  }
}
