import type { Interface } from '../interface.ts'
import type { Packet } from '../packet.ts'
import { interfaceTest } from './matches/interface-name.ts'
import type { Test } from './matches/match-module.ts'
import { moduleOf } from './matches/registry.ts'
import type { Match, Rule, Target } from './rule.ts'
import type { Walker } from './walker.ts'

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
  note: CONTINUE,
  unknown: CONTINUE,
}

/** A rule as the walker tries it: its head in plain fields, as struct ipt_ip has them, then the tests of its modules. */
export class CompiledRule {
  readonly rule: Rule
  readonly action: number
  /** Where JUMP and GOTO lead. */
  readonly chain: string
  readonly markKeep: number
  readonly markFlip: number
  source = 0
  sourceMask = 0
  sourceEqual = true
  destination = 0
  destinationMask = 0
  destinationEqual = true
  /** 0: any, as in struct ipt_ip. */
  protocol = 0
  protocolEqual = true
  /** What only few rules ask of, interfaces among them, and what is asked of modules, in order. */
  tests: Test[] = []

  constructor(rule: Rule) {
    const { target } = rule
    this.rule = rule
    this.action = target === null ? CONTINUE : ACTION_OF[target.kind]
    this.chain = target?.kind === 'jump' || target?.kind === 'goto' ? target.chain : ''
    this.markKeep = target?.kind === 'MARK' ? ~target.mask : -1
    this.markFlip = target?.kind === 'MARK' ? target.value | 0 : 0
    for (const match of rule.matches) this.#add(match)
  }

  matches(packet: Packet, walker: Walker): boolean {
    if (((packet.source & this.sourceMask) === this.source) !== this.sourceEqual) return false
    if (((packet.destination & this.destinationMask) === this.destination) !== this.destinationEqual) return false
    if (this.protocol !== 0 && (packet.protocol === this.protocol) !== this.protocolEqual) return false
    const { tests } = this
    for (let i = 0; i < tests.length; i++) if (!(tests[i] as Test)(packet, walker)) return false
    return true
  }

  #add(match: Match): void {
    switch (match.kind) {
      case 'source':
        this.source = match.cidr.network
        this.sourceMask = match.cidr.mask
        this.sourceEqual = match.negated !== true
        break
      case 'destination':
        this.destination = match.cidr.network
        this.destinationMask = match.cidr.mask
        this.destinationEqual = match.negated !== true
        break
      case 'protocol':
        this.protocol = match.protocol
        this.protocolEqual = match.negated !== true
        break
      case 'comment':
        break
      default:
        this.tests.push(testOf(match))
    }
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
  return moduleOf(match)?.test(match) ?? never
}

function interfaceMatch({ name, negated }: { name: string; negated?: boolean }, side: (packet: Packet) => Interface | null): Test {
  const test = interfaceTest(name)
  const expected = negated !== true
  return (packet) => test(side(packet)) === expected
}

function never(): boolean {
  return false
}
