import type { Packet } from '../../packet.ts'
import type { Options } from '../iptables-save/options.ts'
import type { Match } from '../rule.ts'
import type { Walker } from '../walker.ts'

/** Does the packet fulfil one condition? */
export type Test = (packet: Packet, walker: Walker) => boolean

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
