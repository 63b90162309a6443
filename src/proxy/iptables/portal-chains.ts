import { Chain, Segment } from '../../kernel/rules/program.ts'
import type { Rule } from '../../kernel/rules/rule.ts'
import { Portals } from '../portals.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'
import { PORTAL_CHAINS, PORTALS, type ChainPortal } from './portal-rules.ts'

/** The long chains that every new connection walks: a segment that all nodes share, then this node's own rules, then the tail. */
export class PortalChains {
  readonly #portals = new Map(PORTAL_CHAINS.map(({ table, chain }) => [`${table} ${chain}`, portalsOf(table, chain)]))

  chain(table: ChainPortal['table'], name: string, snapshot: ServiceSnapshot, nodeName: string, tail: readonly Rule[]): Chain {
    const blocks = this.#portals.get(`${table} ${name}`)?.blocks(snapshot, nodeName) ?? []
    return new Chain(name, [...blocks, new Segment(tail)].filter((segment) => segment.rules.length > 0))
  }
}

function portalsOf(table: ChainPortal['table'], chain: string): Portals<Rule, Segment> {
  return new Portals(PORTALS.filter((portal) => portal.table === table && portal.chain === chain), (rules) => new Segment(rules))
}
