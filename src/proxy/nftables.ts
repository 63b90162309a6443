import { type Address, type Cidr, isLoopback } from '../kernel/address.ts'
import { Elements, type Element } from '../kernel/nftables/elements.ts'
import { type NftChain, NftSet, type NftTable } from '../kernel/nftables/program.ts'
import type { ProxyConfig } from './config.ts'
import { baseChains, constantChains } from './nftables/constant-chains.ts'
import { Families } from './nftables/families.ts'
import { LazyTable } from './nftables/lazy-table.ts'
import { PORTAL_SETS } from './nftables/portal-elements.ts'
import type { NftCounts } from './nftables/service-chains.ts'
import { type NodePortAddresses, type ProxyNode, answersEverywhere, nodePortAddressesOf } from './node.ts'
import { Portals } from './portals.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'

/**
 * kube-proxy's nftables mode (pkg/proxy/nftables/proxier.go, releases 1.33 to 1.35): Services in, a table out. One
 * instance serves all nodes of one configuration, so that what does not depend on a node is built once.
 */
export class NftablesProxy {
  readonly #config: ProxyConfig
  readonly #families: Families
  readonly #baseChains = baseChains()
  readonly #constant: readonly NftChain[]
  readonly #portals = PORTAL_SETS.map((set) => ({ set, portals: new Portals<Element, Elements>(set.portals, (elements) => new Elements(elements)) }))

  /** `serviceCIDRs`: what the cluster's ServiceCIDR objects say; empty where there are none. */
  constructor(config: ProxyConfig, serviceCIDRs: readonly Cidr[]) {
    this.#config = config
    this.#families = new Families(config)
    this.#constant = constantChains(config, answersEverywhere(config), serviceCIDRs)
  }

  /**
   * The table as kube-proxy writes it on that node when it knows that snapshot. What Services change is built when it is
   * first walked or shown.
   */
  program(snapshot: ServiceSnapshot, node: ProxyNode): NftTable {
    return new LazyTable({
      baseChains: this.#baseChains,
      constant: this.#constant,
      sets: this.#sets(snapshot, node),
      source: this.#families.source(snapshot, node),
    })
  }

  /** What is in the table of `program`, without building the chains of Services that nobody calls. */
  count(snapshot: ServiceSnapshot, node: ProxyNode): NftCounts {
    const counts = this.#families.count(snapshot, node)
    for (const chain of [...this.#baseChains, ...this.#constant]) {
      counts.chains++
      counts.rules += chain.rules.length
    }
    for (const build of this.#sets(snapshot, node).values()) {
      counts.sets++
      counts.elements += build().size
    }
    return counts
  }

  /** How to build each set, in the order of their creation. */
  #sets(snapshot: ServiceSnapshot, node: ProxyNode): ReadonlyMap<string, () => NftSet> {
    const sets = new Map<string, () => NftSet>()
    for (const { set, portals } of this.#portals) sets.set(set.name, () => new NftSet(set.name, set.key, portals.blocks(snapshot, node.nodeName), set))
    const addresses = nodePortAddressesOf(this.#config, node)
    if (addresses !== 'all') sets.set('nodeport-ips', () => nodePortSet(addresses))
    return sets
  }
}

// kube-proxy refuses localhost NodePorts here: it would need route_localnet.
function nodePortSet(addresses: Exclude<NodePortAddresses, 'all'>): NftSet {
  const usable = addresses.filter((address: Address) => !isLoopback(address))
  return new NftSet('nodeport-ips', ['ipv4_addr'], [new Elements(usable.map((address) => ({ key: [address] })))], { comment: 'IPs that accept NodePort traffic' })
}
