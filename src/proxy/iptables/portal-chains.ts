import { Chain, Segment } from '../../kernel/rules/program.ts'
import type { Rule } from '../../kernel/rules/rule.ts'
import { localEndpoints } from '../endpoints.ts'
import type { ServicePort } from '../service-port.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'
import { PORTALS, type Portal } from './portal-rules.ts'

type RuleMemory = WeakMap<ServicePort, readonly Rule[]>

/** What all nodes have in common once they know a snapshot. */
interface Shared {
  /** By table and chain. */
  readonly segments: Map<string, Segment>
  /** For each portal the service-ports whose rules depend on the node. */
  readonly byNode: ReadonlyMap<Portal, readonly ServicePort[]>
}

/**
 * The long chains that every new connection walks: one segment that all nodes share, then this node's own rules, then
 * the tail. kube-proxy itself writes services in the random order of a Go map, so to put the shared ones first is one of
 * its own orders; within a segment they are sorted by name.
 */
export class PortalChains {
  readonly #shared = new WeakMap<ServiceSnapshot, Shared>()
  readonly #rules = new Map<Portal, { withLocal: RuleMemory; withoutLocal: RuleMemory }>()

  constructor() {
    for (const portal of PORTALS) this.#rules.set(portal, { withLocal: new WeakMap(), withoutLocal: new WeakMap() })
  }

  chain(table: Portal['table'], name: string, snapshot: ServiceSnapshot, nodeName: string, tail: readonly Rule[]): Chain {
    const portals = PORTALS.filter((portal) => portal.table === table && portal.chain === name)
    const shared = this.#sharedBy(snapshot)
    const segments = [this.#sharedSegment(shared, snapshot, portals, `${table} ${name}`), this.#ownSegment(shared, portals, nodeName), new Segment(tail)]
    return new Chain(name, segments.filter((segment) => segment.rules.length > 0))
  }

  #sharedSegment(shared: Shared, snapshot: ServiceSnapshot, portals: readonly Portal[], key: string): Segment {
    let segment = shared.segments.get(key)
    if (segment === undefined) {
      const rules: Rule[] = []
      for (const port of snapshot.servicePorts) {
        for (const portal of portals) if (!portal.byNode(port)) rules.push(...this.#rulesOf(portal, port, false))
      }
      segment = new Segment(rules)
      shared.segments.set(key, segment)
    }
    return segment
  }

  #ownSegment(shared: Shared, portals: readonly Portal[], nodeName: string): Segment {
    const rules: Rule[] = []
    for (const portal of portals) {
      for (const port of shared.byNode.get(portal) ?? []) {
        rules.push(...this.#rulesOf(portal, port, localEndpoints(port, nodeName).length > 0))
      }
    }
    return new Segment(rules)
  }

  /** The same objects for every node and every snapshot. */
  #rulesOf(portal: Portal, port: ServicePort, hasLocal: boolean): readonly Rule[] {
    const memory = this.#rules.get(portal)?.[hasLocal ? 'withLocal' : 'withoutLocal']
    const known = memory?.get(port)
    if (known !== undefined) return known
    const rules = portal.rules(port, hasLocal)
    memory?.set(port, rules)
    return rules
  }

  #sharedBy(snapshot: ServiceSnapshot): Shared {
    let shared = this.#shared.get(snapshot)
    if (shared === undefined) {
      const byNode = new Map(PORTALS.map((portal) => [portal, snapshot.servicePorts.filter((port) => portal.byNode(port))]))
      shared = { segments: new Map(), byNode }
      this.#shared.set(snapshot, shared)
    }
    return shared
  }
}
