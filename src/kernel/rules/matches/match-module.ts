import type { Packet } from '../../packet.ts'
import type { RuleEnvironment } from '../environment.ts'
import type { Options } from '../iptables-save/options.ts'
import type { Match } from '../rule.ts'

/** What a match may ask of the walk that it belongs to. */
export interface RuleWalk {
  readonly environment: RuleEnvironment
  /** To be cleared by whoever asks for more than connection state and mark. */
  isRepeatable: boolean
  /** A random draw that succeeds with that chance (xt_statistic.c). */
  draw(chance: number): boolean
  /** This machine's state of a match, `start` to begin with. */
  stateOf<State extends object>(match: object, start: State): State
  /** A rule was passed over for a match that is not modelled, written so. */
  passedOver(match: string): void
}

/** Does the packet fulfil one condition? */
export type Test = (packet: Packet, walk: RuleWalk) => boolean

export type MatchOf<Kind extends Match['kind']> = Extract<Match, { kind: Kind }>

/**
 * One kind of match: how the walker tests it, how iptables-save prints it and how it is read. Mirrors what the kernel
 * keeps in net/netfilter/xt_NAME.c and iptables in extensions/libxt_NAME.c.
 */
export interface MatchModule<Kind extends Match['kind']> {
  readonly kind: Kind
  /** What `-m` calls it; `ports` and `conntrack` go by several names. */
  readonly modules: readonly string[]
  /** Its options, each with the number of values that follow it. */
  readonly options: Readonly<Record<string, number>>
  /** Trying it changes something (a counter, a list, a random stream), so it must be tried whenever the kernel would. */
  readonly hasEffect?: true
  read(options: Options, module: string): MatchOf<Kind>
  /** As iptables-save prints it, from `-m` on. */
  print(match: MatchOf<Kind>): string
  test(match: MatchOf<Kind>): Test
}
