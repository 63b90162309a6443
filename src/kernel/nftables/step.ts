import type { Address } from '../address.ts'
import type { Packet } from '../packet.ts'
import type { RuleEnvironment } from '../rules/environment.ts'
import type { ActionStatement, VerdictStatement } from './rule.ts'

/** The statement matched, and the next one is asked. */
export const NEXT = 0
/** It did not: the rule is over (NFT_BREAK). */
export const BREAK = 1
/** What a statement comes to; a verdict or an action ends the rule, and perhaps the walk. */
export type Outcome = typeof NEXT | typeof BREAK | VerdictStatement | ActionStatement

/** A statement of a rule, as the walker tries it. */
export type Step = (packet: Packet, walk: NftWalk) => Outcome

/** What a step may ask of the walk that it belongs to. */
export interface NftWalk {
  readonly environment: Pick<RuleEnvironment, 'addressType'>
  /** Sets and maps asked so far. */
  lookups: number
  /** Is the address in that set now? */
  isMember(set: string, address: Address): boolean
  /** Puts the address into a dynamic set. False: it is full. */
  update(set: string, address: Address): boolean
  verdictOf(map: string, key: Int32Array): VerdictStatement | undefined
  /** `numgen random mod N`, which is looked up in a map as any other number. */
  draw(modulus: number): number
}
