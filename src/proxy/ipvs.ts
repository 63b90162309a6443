import type { Address } from '../kernel/address.ts'
import type { IpSet } from '../kernel/ipset/ip-set.ts'
import { isSchedulerName, type SchedulerName } from '../kernel/ipvs/schedulers/by-name.ts'
import type { ServiceSource } from '../kernel/ipvs/service-table.ts'
import type { Ruleset } from '../kernel/rules/program.ts'
import type { ProxyConfig } from './config.ts'
import { readSnapshot, type Knowledge } from './ipvs/knowledge.ts'
import type { LocalEndpoint } from './ipvs/local-endpoints.ts'
import { nodePortAddresses, type PortalIndex } from './ipvs/portal-index.ts'
import { rulesetOf } from './ipvs/rules.ts'
import { isSetName, SET_NAMES, type SetName } from './ipvs/set-names.ts'
import type { WantedSet } from './ipvs/cluster-sets.ts'
import { addressSet, closedToNode, hairpinSet, nodeSet } from './ipvs/node-sets.ts'
import { VirtualServers } from './ipvs/virtual-servers.ts'
import { localDetectorOf } from './local-detector.ts'
import type { ProxyNode } from './node.ts'
import { remembered } from './remembered.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'

/** What kube-proxy programs on one node in ipvs mode. Parts are worked out when they are first asked for. */
export interface IpvsProgram {
  readonly rules: Ruleset
  /** The virtual services, each with its real servers in the kernel's list order as after a start of kube-proxy. */
  readonly servers: ServiceSource
  /** The addresses on kube-ipvs0, which are local to the node. */
  readonly bound: ReadonlySet<Address>
  set(name: string): IpSet | undefined
  /** All sets in the order of `ipset save`. */
  sets(): readonly IpSet[]
}

/**
 * kube-proxy's ipvs mode (pkg/proxy/ipvs/proxier.go, release 1.33). One instance serves all nodes of one configuration,
 * so that what does not depend on a node is built once.
 */
export class IpvsProxy {
  readonly #config: ProxyConfig
  readonly #scheduler: SchedulerName
  readonly #known = new WeakMap<ServiceSnapshot, Knowledge>()
  #latest: Knowledge | undefined
  readonly #addressSets = new WeakMap<ReadonlySet<Address>, WantedSet>()
  readonly #hairpinSets = new WeakMap<readonly LocalEndpoint[], WantedSet>()
  readonly #rulesets = new Map<string, Ruleset>()

  /** Throws for a scheduler that the kernel has not: kube-proxy refuses to start. */
  constructor(config: ProxyConfig) {
    if (!isSchedulerName(config.ipvs.scheduler)) throw new TypeError(`IPVS has no scheduler ${config.ipvs.scheduler}`)
    this.#config = config
    this.#scheduler = config.ipvs.scheduler
  }

  /** What kube-proxy programs on that node when it knows that snapshot. */
  program(snapshot: ServiceSnapshot, node: ProxyNode): IpvsProgram {
    const known = remembered(this.#known, snapshot, () => (this.#latest = readSnapshot(snapshot, this.#latest)))
    const nodeAddresses = nodePortAddresses(this.#config, node)
    const bound = boundOn(known.index, node)
    const own = new Map<SetName, WantedSet>()
    const wanted = (name: SetName): WantedSet => {
      let set = own.get(name)
      if (set === undefined) own.set(name, (set = this.#set(name, known, node, nodeAddresses, bound)))
      return set
    }
    let rules: Ruleset | undefined
    const ruleset = (): Ruleset => this.#ruleset(known.index, node, new Set(SET_NAMES.filter((name) => wanted(name).isWanted)))
    return {
      get rules() {
        return (rules ??= ruleset())
      },
      servers: new VirtualServers(known, node, nodeAddresses, this.#scheduler),
      bound,
      set: (name) => (isSetName(name) ? wanted(name).set : undefined),
      sets: () => SET_NAMES.map((name) => wanted(name).set),
    }
  }

  #set(name: SetName, known: Knowledge, node: ProxyNode, nodeAddresses: readonly Address[], bound: ReadonlySet<Address>): WantedSet {
    if (name === 'KUBE-IPVS-IPS') return remembered(this.#addressSets, bound, () => addressSet(bound))
    if (name === 'KUBE-LOOP-BACK') {
      const endpoints = known.local.on(node.nodeName)
      return remembered(this.#hairpinSets, endpoints, () => hairpinSet(endpoints))
    }
    return known.index.set(name) ?? nodeSet(name, known.index, node, nodeAddresses)
  }

  /** Most nodes have the same rules. */
  #ruleset(index: PortalIndex, node: ProxyNode, wanted: ReadonlySet<SetName>): Ruleset {
    const detector = localDetectorOf(this.#config, node)
    const closed = closedToNode(index, node)
    const key = JSON.stringify([detector, [...wanted], closed.map((port) => [port.protocol.number, port.port, port.loadBalancerVIPs])])
    let ruleset = this.#rulesets.get(key)
    if (ruleset === undefined) this.#rulesets.set(key, (ruleset = rulesetOf({ config: this.#config, detector, wanted, closed })))
    return ruleset
  }
}

/** kube-ipvs0 does not take an external address that another interface of the node has. */
function boundOn({ addresses }: PortalIndex, node: ProxyNode): ReadonlySet<Address> {
  if (!node.addresses.some((address) => addresses.has(address))) return addresses
  const bound = new Set(addresses)
  for (const address of node.addresses) bound.delete(address)
  return bound
}
