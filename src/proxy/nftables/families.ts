import type { DynamicSet, NftChain } from '../../kernel/nftables/program.ts'
import type { ProxyConfig } from '../config.ts'
import { Library, dependsOnNode } from '../library.ts'
import { localDetectorOf } from '../local-detector.ts'
import type { ProxyNode } from '../node.ts'
import { remembered } from '../remembered.ts'
import type { ServicePort } from '../service-port.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'
import { keyIn, servicePortKey } from './names.ts'
import { type ChainContext, type Family, type NftCounts, countFamily, serviceFamily } from './service-chains.ts'

/** What belongs to single service-ports, on one node. */
export interface FamilySource {
  chain(name: string): NftChain | undefined
  dynamicSet(name: string): DynamicSet | undefined
  /** All of them, sorted by service-port. */
  families(): Iterable<Family>
}

/**
 * The families of chains and affinity sets that belong to one service-port each. A family is built when something in it
 * is first asked for, and serves all nodes unless it depends on the node.
 */
export class Families {
  readonly #config: ProxyConfig
  readonly #library = new Library<Family>()
  readonly #portsByKey = new WeakMap<ServiceSnapshot, ReadonlyMap<string, ServicePort>>()
  readonly #counts = new WeakMap<ServiceSnapshot, { shared: Readonly<NftCounts>; byNode: readonly ServicePort[] }>()

  constructor(config: ProxyConfig) {
    this.#config = config
  }

  source(snapshot: ServiceSnapshot, node: ProxyNode): FamilySource {
    const context = this.#contextOf(node)
    const familyOf = (port: ServicePort) => this.#library.get(port, dependsOnNode(port, this.#config) ? node : undefined, () => serviceFamily(port, context))
    const owning = (name: string) => {
      const port = this.#ports(snapshot).get(keyIn(name) ?? '')
      return port === undefined ? undefined : familyOf(port)
    }
    return {
      chain: (name) => owning(name)?.chains.get(name),
      dynamicSet: (name) => owning(name)?.sets.get(name),
      *families() {
        for (const port of snapshot.servicePorts) yield familyOf(port)
      },
    }
  }

  /** What is in all families, built or not. */
  count(snapshot: ServiceSnapshot, node: ProxyNode): NftCounts {
    const context = this.#contextOf(node)
    const { shared, byNode } = remembered(this.#counts, snapshot, () => {
      const byNode = snapshot.servicePorts.filter((port) => dependsOnNode(port, this.#config))
      const others = snapshot.servicePorts.filter((port) => !dependsOnNode(port, this.#config))
      return { byNode, shared: countAll(others, context) }
    })
    const own = countAll(byNode, context)
    return { rules: shared.rules + own.rules, chains: shared.chains + own.chains, sets: shared.sets + own.sets, elements: 0 }
  }

  #contextOf(node: ProxyNode): ChainContext {
    return { node, detector: localDetectorOf(this.#config, node), masqueradeAll: this.#config.masqueradeAll }
  }

  #ports(snapshot: ServiceSnapshot): ReadonlyMap<string, ServicePort> {
    return remembered(this.#portsByKey, snapshot, () => new Map(snapshot.servicePorts.map((port) => [servicePortKey(port), port])))
  }
}

function countAll(ports: readonly ServicePort[], context: ChainContext): NftCounts {
  const counts: NftCounts = { rules: 0, chains: 0, sets: 0, elements: 0 }
  for (const port of ports) countFamily(port, context, counts)
  return counts
}
