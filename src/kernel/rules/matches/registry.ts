import type { Match } from '../rule.ts'
import { addrtype } from './addrtype.ts'
import { comment } from './comment.ts'
import { connmark } from './connmark.ts'
import { conntrack } from './conntrack.ts'
import { icmp } from './icmp.ts'
import { iprange } from './iprange.ts'
import { ipvs } from './ipvs.ts'
import { length } from './length.ts'
import { limit } from './limit.ts'
import { mark } from './mark.ts'
import type { MatchModule } from './match-module.ts'
import { multiport } from './multiport.ts'
import { nfacct } from './nfacct.ts'
import { owner } from './owner.ts'
import { physdev } from './physdev.ts'
import { pkttype } from './pkttype.ts'
import { policy } from './policy.ts'
import { ports } from './ports.ts'
import { recent } from './recent.ts'
import { rpfilter } from './rpfilter.ts'
import { set } from './set.ts'
import { statistic } from './statistic.ts'
import { ttl } from './ttl.ts'

/** What every rule has in its head, compared before any module is asked (struct ipt_ip). */
export type HeadKind = 'source' | 'destination' | 'in-interface' | 'out-interface' | 'protocol' | 'fragment'
type ModuleKind = Exclude<Match['kind'], HeadKind | 'unknown'>

const MODULES: { readonly [Kind in ModuleKind]: MatchModule<Kind> } = {
  comment, ports, multiport, icmp, conntrack, mark, addrtype, statistic, recent, set, physdev, ipvs, nfacct,
  connmark, length, ttl, pkttype, iprange, limit, owner, policy, rpfilter,
}

// A module handles exactly the matches of its own kind, which is how it was found; TypeScript cannot follow that.
type AnyMatchModule = MatchModule<Match['kind']>
const BY_KIND = MODULES as unknown as Readonly<Record<string, AnyMatchModule>>
const BY_NAME = new Map(Object.values(BY_KIND).flatMap((module) => module.modules.map((name) => [name, module])))

/** Who tests and prints this match; undefined for what stands in the rule's head, and for unknown ones. */
export function moduleOf(match: Match): AnyMatchModule | undefined {
  return BY_KIND[match.kind]
}

/** Who reads `-m NAME`. */
export function moduleNamed(name: string): AnyMatchModule | undefined {
  return BY_NAME.get(name)
}
