import { type Address, isLoopback } from '../../kernel/address.ts'
import { Buckets, type Bucketed } from '../../kernel/ipvs/buckets.ts'
import { hashService } from '../../kernel/ipvs/virtual-service.ts'
import type { Endpoint } from '../endpoint.ts'
import type { ProxyConfig } from '../config.ts'
import { nodePortAddressesOf, type ProxyNode } from '../node.ts'
import type { ServicePort } from '../service-port.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'

/** An address and port at which a service-port is asked for; on each node it is a virtual service. */
export class Portal implements Bucketed<Portal> {
  readonly servicePort: ServicePort
  readonly address: Address
  readonly port: number
  /** An external IP, a load balancer's address or a NodePort: the external traffic policy applies. */
  readonly isExternal: boolean
  readonly hash: number
  nextInBucket: Portal | null = null

  constructor(servicePort: ServicePort, address: Address, port: number, isExternal: boolean) {
    this.servicePort = servicePort
    this.address = address
    this.port = port
    this.isExternal = isExternal
    this.hash = hashService(servicePort.protocol.number, address, port)
  }
}

/** Stands for whichever of its addresses a node answers NodePorts on. */
const ANY_NODE_ADDRESS: Address = 0

/** An endpoint on some node, for hairpin masquerading there. */
export interface LocalEndpoint {
  readonly servicePort: ServicePort
  readonly endpoint: Endpoint
}

/** What a snapshot means for every node alike, found by hash. One for each snapshot, for all nodes. */
export class ClusterPortals {
  readonly #buckets = new Buckets<Portal>()
  readonly #fixed: Portal[] = []
  readonly #nodePorts: Portal[] = []
  readonly #onNode = new Map<string, LocalEndpoint[]>()
  /** Service-ports whose load balancers let in some sources only. */
  readonly withSourceRanges: readonly ServicePort[]

  constructor(snapshot: ServiceSnapshot) {
    for (const servicePort of snapshot.servicePorts) {
      const { clusterIP, port, externalIPs, loadBalancerVIPs, nodePort } = servicePort
      this.#add(this.#fixed, new Portal(servicePort, clusterIP, port, false))
      for (const address of [...externalIPs, ...loadBalancerVIPs]) this.#add(this.#fixed, new Portal(servicePort, address, port, true))
      if (nodePort !== 0) this.#add(this.#nodePorts, new Portal(servicePort, ANY_NODE_ADDRESS, nodePort, true))
      for (const endpoint of servicePort.endpoints) this.#addLocal(servicePort, endpoint)
    }
    this.withSourceRanges = snapshot.servicePorts.filter((port) => port.sourceRanges.length > 0 && port.loadBalancerVIPs.length > 0)
  }

  find(protocol: number, address: Address, port: number): Portal | undefined {
    for (let at = this.#buckets.head(hashService(protocol, address, port)); at !== null; at = at.nextInBucket) {
      if (at.address === address && at.port === port && at.servicePort.protocol.number === protocol) return at
    }
    return undefined
  }

  findNodePort(protocol: number, port: number): Portal | undefined {
    return this.find(protocol, ANY_NODE_ADDRESS, port)
  }

  /** ClusterIPs, external IPs and load balancers' addresses. */
  get fixed(): readonly Portal[] {
    return this.#fixed
  }

  get nodePorts(): readonly Portal[] {
    return this.#nodePorts
  }

  /** The endpoints on that node, ready or not. */
  endpointsOn(nodeName: string): readonly LocalEndpoint[] {
    return this.#onNode.get(nodeName) ?? []
  }

  /** Where two Services claim the same address and port the first by name has it; kube-proxy lets chance decide. */
  #add(list: Portal[], portal: Portal): void {
    if (this.find(portal.servicePort.protocol.number, portal.address, portal.port) !== undefined) return
    this.#buckets.add(portal)
    list.push(portal)
  }

  #addLocal(servicePort: ServicePort, endpoint: Endpoint): void {
    if (endpoint.nodeName === undefined) return
    const there = this.#onNode.get(endpoint.nodeName)
    if (there === undefined) this.#onNode.set(endpoint.nodeName, [{ servicePort, endpoint }])
    else there.push({ servicePort, endpoint })
  }
}

/** The node's addresses that answer NodePorts: all but loopback, unless the configuration lists some. */
export function nodePortAddresses(config: ProxyConfig, node: ProxyNode): readonly Address[] {
  const chosen = nodePortAddressesOf(config, node)
  return (chosen === 'all' ? node.addresses : chosen).filter((address) => !isLoopback(address))
}
