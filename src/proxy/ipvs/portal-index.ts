import { type Address, isLoopback } from '../../kernel/address.ts'
import { Buckets, type Bucketed } from '../../kernel/ipvs/buckets.ts'
import { hashService } from '../../kernel/ipvs/virtual-server.ts'
import type { ProxyConfig } from '../config.ts'
import { nodePortAddressesOf, type ProxyNode } from '../node.ts'
import type { ServicePort } from '../service-port.ts'
import type { SetName } from './set-names.ts'
import { clusterSet, type WantedSet } from './cluster-sets.ts'

/** An address and port at which a service-port is asked for; on each node it is a virtual service. */
export class Portal implements Bucketed<Portal> {
  /** Position of its service-port in the snapshot. */
  readonly position: number
  readonly protocol: number
  readonly address: Address
  readonly port: number
  /** An external IP, a load balancer's address or a NodePort: the external traffic policy applies. */
  readonly isExternal: boolean
  readonly hash: number
  nextInBucket: Portal | null = null

  constructor(position: number, protocol: number, address: Address, port: number, isExternal: boolean) {
    this.position = position
    this.protocol = protocol
    this.address = address
    this.port = port
    this.isExternal = isExternal
    this.hash = hashService(protocol, address, port)
  }
}

/** Stands for whichever of its addresses a node answers NodePorts on. */
const ANY_NODE_ADDRESS: Address = 0

/**
 * What does not depend on endpoints or nodes: where Services are asked for, and the sets that follow from it. Snapshots
 * that differ in endpoints only share one.
 */
export class PortalIndex {
  /** ClusterIPs, external IPs and load balancers' addresses. */
  readonly fixed: readonly Portal[]
  readonly nodePorts: readonly Portal[]
  /** The addresses of `fixed`. */
  readonly addresses: ReadonlySet<Address>
  /** The service-ports from which it was made; their endpoints may be old. */
  readonly servicePorts: readonly ServicePort[]
  /** Service-ports whose load balancers let in some sources only. */
  readonly withSourceRanges: readonly ServicePort[]
  readonly #buckets = new Buckets<Portal>()
  readonly #sets = new Map<SetName, WantedSet | undefined>()

  constructor(servicePorts: readonly ServicePort[]) {
    const fixed: Portal[] = []
    const nodePorts: Portal[] = []
    for (const [position, { protocol, clusterIP, port, externalIPs, loadBalancerVIPs, nodePort }] of servicePorts.entries()) {
      this.#add(fixed, new Portal(position, protocol.number, clusterIP, port, false))
      for (const address of [...externalIPs, ...loadBalancerVIPs]) this.#add(fixed, new Portal(position, protocol.number, address, port, true))
      if (nodePort !== 0) this.#add(nodePorts, new Portal(position, protocol.number, ANY_NODE_ADDRESS, nodePort, true))
    }
    this.fixed = fixed
    this.nodePorts = nodePorts
    this.addresses = new Set(fixed.map((portal) => portal.address))
    this.servicePorts = servicePorts
    this.withSourceRanges = servicePorts.filter((port) => port.sourceRanges.length > 0 && port.loadBalancerVIPs.length > 0)
  }

  find(protocol: number, address: Address, port: number): Portal | undefined {
    for (let at = this.#buckets.head(hashService(protocol, address, port)); at !== null; at = at.nextInBucket) {
      if (at.address === address && at.port === port && at.protocol === protocol) return at
    }
    return undefined
  }

  findNodePort(protocol: number, port: number): Portal | undefined {
    return this.find(protocol, ANY_NODE_ADDRESS, port)
  }

  /** A set that all nodes have alike; undefined if its contents depend on the node. */
  set(name: SetName): WantedSet | undefined {
    if (!this.#sets.has(name)) this.#sets.set(name, clusterSet(name, this.servicePorts))
    return this.#sets.get(name)
  }

  /** Where two Services claim the same address and port the first by name has it; kube-proxy lets chance decide. */
  #add(list: Portal[], portal: Portal): void {
    if (this.find(portal.protocol, portal.address, portal.port) !== undefined) return
    this.#buckets.add(portal)
    list.push(portal)
  }
}

/** The node's addresses that answer NodePorts: all but loopback, unless the configuration lists some. */
export function nodePortAddresses(config: ProxyConfig, node: ProxyNode): readonly Address[] {
  const chosen = nodePortAddressesOf(config, node)
  return (chosen === 'all' ? node.addresses : chosen).filter((address) => !isLoopback(address))
}
