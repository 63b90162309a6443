import { hasUsableEndpoints, localEndpoints } from './endpoints.ts'
import { remembered } from './remembered.ts'
import type { ServicePort } from './service-port.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'

/**
 * What every service-port adds to a place that all share: a long chain of iptables, a map of nftables. `byNode` says for
 * which service-ports that depends on whether the node has local endpoints. Nothing else about a node matters here,
 * which is what lets all nodes share the rest.
 */
export interface Portal<Item> {
  byNode(port: ServicePort): boolean
  items(port: ServicePort, hasLocal: boolean): readonly Item[]
}

interface MemorizedPortal<Item> extends Portal<Item> {
  readonly withLocal: WeakMap<ServicePort, readonly Item[]>
  readonly withoutLocal: WeakMap<ServicePort, readonly Item[]>
}

/**
 * One such place. What it holds is in two blocks: one that all nodes share once they know a snapshot, one of the node's
 * own. kube-proxy itself goes through services in the random order of a Go map, so to put the shared ones first is one of
 * its own orders; within a block they are sorted by name.
 */
export class Portals<Item, Block> {
  readonly #portals: readonly MemorizedPortal<Item>[]
  readonly #build: (items: readonly Item[]) => Block
  readonly #shared = new WeakMap<ServiceSnapshot, Block>()
  /** For each portal the service-ports that depend on the node. */
  readonly #byNode = new WeakMap<ServiceSnapshot, ReadonlyMap<Portal<Item>, readonly ServicePort[]>>()

  constructor(portals: readonly Portal<Item>[], build: (items: readonly Item[]) => Block) {
    this.#portals = portals.map((portal) => ({ ...portal, withLocal: new WeakMap(), withoutLocal: new WeakMap() }))
    this.#build = build
  }

  blocks(snapshot: ServiceSnapshot, nodeName: string): readonly [shared: Block, own: Block] {
    const shared = remembered(this.#shared, snapshot, () => this.#build(this.#sharedItems(snapshot)))
    return [shared, this.#build(this.#ownItems(snapshot, nodeName))]
  }

  #sharedItems(snapshot: ServiceSnapshot): Item[] {
    const items: Item[] = []
    for (const port of snapshot.servicePorts) {
      for (const portal of this.#portals) if (!portal.byNode(port)) items.push(...this.#itemsOf(portal, port, false))
    }
    return items
  }

  #ownItems(snapshot: ServiceSnapshot, nodeName: string): Item[] {
    const byNode = remembered(this.#byNode, snapshot, () => new Map(this.#portals.map((portal) => [portal, snapshot.servicePorts.filter((port) => portal.byNode(port))])))
    const items: Item[] = []
    for (const portal of this.#portals) {
      for (const port of byNode.get(portal) ?? []) items.push(...this.#itemsOf(portal, port, localEndpoints(port, nodeName).length > 0))
    }
    return items
  }

  /** The same objects for every node and every snapshot. */
  #itemsOf(portal: MemorizedPortal<Item>, port: ServicePort, hasLocal: boolean): readonly Item[] {
    return remembered(hasLocal ? portal.withLocal : portal.withoutLocal, port, () => portal.items(port, hasLocal))
  }
}

export function never(): boolean {
  return false
}

// Without any endpoint every node rejects alike.
export function isInternalByNode(port: ServicePort): boolean {
  return port.internalPolicyLocal && hasUsableEndpoints(port)
}

export function isExternalByNode(port: ServicePort): boolean {
  return port.externalPolicyLocal && hasUsableEndpoints(port)
}

/** Nothing anywhere: tell the client. Something elsewhere, but policy Local: leave it to time out, a balancer will learn. */
export function refusalOf(port: ServicePort, policyLocal: boolean, hasLocal: boolean): 'reject' | 'drop' | undefined {
  if (!hasUsableEndpoints(port)) return 'reject'
  return policyLocal && !hasLocal ? 'drop' : undefined
}
