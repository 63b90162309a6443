import { Chain, Segment } from '../../kernel/rules/program.ts'
import type { Rule } from '../../kernel/rules/rule.ts'
import { localEndpoints } from '../endpoints.ts'
import { remembered } from '../remembered.ts'
import type { ServicePort } from '../service-port.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'
import { PORTALS, type Portal } from './portal-rules.ts'

interface MemorizedPortal extends Portal {
  readonly withLocal: WeakMap<ServicePort, readonly Rule[]>
  readonly withoutLocal: WeakMap<ServicePort, readonly Rule[]>
}

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
  /** Each portal with the rules that it has made. */
  readonly #portals: readonly MemorizedPortal[] = PORTALS.map((portal) => ({ ...portal, withLocal: new WeakMap(), withoutLocal: new WeakMap() }))

  chain(table: Portal['table'], name: string, snapshot: ServiceSnapshot, nodeName: string, tail: readonly Rule[]): Chain {
    const portals = this.#portals.filter((portal) => portal.table === table && portal.chain === name)
    const shared = this.#sharedBy(snapshot)
    const segments = [this.#sharedSegment(shared, snapshot, portals, `${table} ${name}`), this.#ownSegment(shared, portals, nodeName), new Segment(tail)]
    return new Chain(name, segments.filter((segment) => segment.rules.length > 0))
  }

  #sharedSegment(shared: Shared, snapshot: ServiceSnapshot, portals: readonly MemorizedPortal[], key: string): Segment {
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

  #ownSegment(shared: Shared, portals: readonly MemorizedPortal[], nodeName: string): Segment {
    const rules: Rule[] = []
    for (const portal of portals) {
      for (const port of shared.byNode.get(portal) ?? []) {
        rules.push(...this.#rulesOf(portal, port, localEndpoints(port, nodeName).length > 0))
      }
    }
    return new Segment(rules)
  }

  /** The same objects for every node and every snapshot. */
  #rulesOf(portal: MemorizedPortal, port: ServicePort, hasLocal: boolean): readonly Rule[] {
    return remembered(hasLocal ? portal.withLocal : portal.withoutLocal, port, () => portal.rules(port, hasLocal))
  }

  #sharedBy(snapshot: ServiceSnapshot): Shared {
    return remembered(this.#shared, snapshot, () => ({
      segments: new Map(),
      byNode: new Map(this.#portals.map((portal) => [portal, snapshot.servicePorts.filter((port) => portal.byNode(port))])),
    }))
  }
}
