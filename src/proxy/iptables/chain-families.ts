import type { Chain } from '../../kernel/rules/program.ts'
import { endpointChainName, servicePortHash } from '../chain-names.ts'
import type { ProxyConfig } from '../config.ts'
import { Library, dependsOnNode } from '../library.ts'
import { localDetectorOf } from '../local-detector.ts'
import type { ProxyNode } from '../node.ts'
import { remembered } from '../remembered.ts'
import type { ServicePort } from '../service-port.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'
import type { ChainSource } from './lazy-table.ts'
import { type ChainContext, countServiceRules, serviceChains } from './service-chains.ts'

/** More endpoints than this make a large cluster (pkg/proxy/iptables/proxier.go, largeClusterEndpointsThreshold). */
const LARGE_CLUSTER_ENDPOINTS = 1000

/**
 * The families of chains that belong to one service-port each. A family is built when one of its chains is first asked
 * for, and serves all nodes unless it depends on the node.
 */
export class ChainFamilies {
  readonly #config: ProxyConfig
  readonly #counts = new WeakMap<ServiceSnapshot, { shared: number; byNode: readonly ServicePort[] }>()
  /** The shared chains in use, by name. */
  readonly #shared = new WeakMap<ServiceSnapshot, Map<string, Chain>>()
  readonly #owners = new WeakMap<ServiceSnapshot, ReadonlyMap<string, ServicePort>>()
  readonly #commented = new Library<readonly Chain[]>()
  readonly #bare = new Library<readonly Chain[]>()

  constructor(config: ProxyConfig) {
    this.#config = config
  }

  source(snapshot: ServiceSnapshot, node: ProxyNode): ChainSource {
    const context = this.#context(snapshot, node)
    const library = context.largeCluster ? this.#bare : this.#commented
    const family = (port: ServicePort) => library.get(port, this.#dependsOnNode(port) ? node : undefined, () => serviceChains(port, context))
    const shared = remembered(this.#shared, snapshot, () => new Map())
    const own = new Map<string, Chain>()
    const keep = (port: ServicePort) => {
      const names = this.#dependsOnNode(port) ? own : shared
      for (const chain of family(port)) names.set(chain.name, chain)
    }
    return {
      chain: (name) => {
        const known = shared.get(name) ?? own.get(name)
        if (known !== undefined) return known
        const owner = this.#owner(snapshot, name)
        if (owner === undefined) return undefined
        keep(owner)
        return shared.get(name) ?? own.get(name)
      },
      *names() {
        for (const port of snapshot.servicePorts) {
          keep(port) // who lists the chains asks for each of them next
          for (const chain of family(port)) yield chain.name
        }
      },
    }
  }

  /** Rules in all families, built or not. */
  countRules(snapshot: ServiceSnapshot, node: ProxyNode): number {
    const context = this.#context(snapshot, node)
    const { shared, byNode } = remembered(this.#counts, snapshot, () => {
      const byNode = snapshot.servicePorts.filter((port) => this.#dependsOnNode(port))
      const others = snapshot.servicePorts.filter((port) => !this.#dependsOnNode(port))
      return { byNode, shared: countAll(others, context) }
    })
    return shared + countAll(byNode, context)
  }

  #context(snapshot: ServiceSnapshot, node: ProxyNode): ChainContext {
    return {
      node,
      detector: localDetectorOf(this.#config, node),
      masqueradeAll: this.#config.masqueradeAll,
      largeCluster: snapshot.endpointCount > LARGE_CLUSTER_ENDPOINTS,
    }
  }

  #dependsOnNode(port: ServicePort): boolean {
    return dependsOnNode(port, this.#config)
  }

  #owner(snapshot: ServiceSnapshot, name: string): ServicePort | undefined {
    const [, kind, hash] = /^KUBE-(SVC|SVL|EXT|FW|SEP)-([A-Z2-7]{16})$/.exec(name) ?? []
    if (kind === undefined || hash === undefined) return undefined
    if (kind !== 'SEP') return this.#ownersIn(snapshot).get(hash)
    // Only somebody who comes from nowhere asks for an endpoint's chain: whoever jumps there has asked for its family.
    return snapshot.servicePorts.find((port) => port.endpoints.some((endpoint) => endpointChainName(port, endpoint) === name))
  }

  #ownersIn(snapshot: ServiceSnapshot): ReadonlyMap<string, ServicePort> {
    return remembered(this.#owners, snapshot, () => new Map(snapshot.servicePorts.map((port) => [servicePortHash(port), port])))
  }
}

function countAll(ports: readonly ServicePort[], context: ChainContext): number {
  let count = 0
  for (const port of ports) count += countServiceRules(port, context)
  return count
}
