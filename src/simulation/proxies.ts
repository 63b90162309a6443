import { formatCidr, LOOPBACK, type Address } from '../kernel/address.ts'
import type { ProxyNode } from '../proxy/node.ts'
import { ServiceSnapshot } from '../proxy/service-snapshot.ts'
import type { Mode } from './modes.ts'
import type { SimulatedNode } from './node.ts'
import type { World } from './world.ts'

/** The kube-proxies of all nodes: one compiler, and for each node what it knows. */
export class Proxies {
  readonly #world: World
  readonly #mode: Mode
  readonly #syncs = new Map<string, number>()
  readonly #proxyNodes = new Map<string, ProxyNode>()
  #snapshot: ServiceSnapshot | undefined

  constructor(world: World, mode: Mode) {
    this.#world = world
    this.#mode = mode
  }

  /** What is true now, as a proxy that has just heard everything would know it. */
  get snapshot(): ServiceSnapshot {
    const { store } = this.#world.cluster
    this.#snapshot ??= ServiceSnapshot.of(store.list('Service'), store.list('EndpointSlice'))
    return this.#snapshot
  }

  install(node: SimulatedNode): void {
    this.#mode.install(node, this.snapshot, this.proxyNode(node))
    this.#syncs.set(node.facts.name, this.syncs(node) + 1)
  }

  /** How often the node's proxy has written its rules. */
  syncs(node: SimulatedNode): number {
    return this.#syncs.get(node.facts.name) ?? 0
  }

  countRules(node: SimulatedNode): number {
    return this.#mode.countRules(this.snapshot, this.proxyNode(node))
  }

  /** Kept for each node: what is built for it is remembered by this object. */
  proxyNode(node: SimulatedNode): ProxyNode {
    const { facts } = node
    let known = this.#proxyNodes.get(facts.name)
    if (known === undefined) {
      known = { nodeName: facts.name, zone: facts.zone, primaryAddress: facts.address, addresses: localAddresses(node), podCIDR: facts.podCIDR === undefined ? undefined : formatCidr(facts.podCIDR) }
      this.#proxyNodes.set(facts.name, known)
    }
    return known
  }
}

function localAddresses(node: SimulatedNode): Address[] {
  const { facts, podGateway } = node
  const tunnel = node.machine.tunnel?.addresses ?? []
  return [LOOPBACK, facts.address, ...(podGateway === undefined ? [] : [podGateway]), ...tunnel]
}
