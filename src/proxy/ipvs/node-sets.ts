import type { Address } from '../../kernel/address.ts'
import type { SetEntry } from '../../kernel/ipset/ip-set.ts'
import { SCTP } from '../../kernel/packet.ts'
import type { ProxyNode } from '../node.ts'
import { admits, type ServicePort } from '../service-port.ts'
import { at, fill, type WantedSet } from './cluster-sets.ts'
import type { LocalEndpoint } from './local-endpoints.ts'
import type { PortalIndex } from './portal-index.ts'
import type { SetName } from './set-names.ts'

/** The set of the addresses on kube-ipvs0. */
export function addressSet(bound: ReadonlySet<Address>): WantedSet {
  return fill('KUBE-IPVS-IPS', [...bound].map((address) => ({ address })))
}

/** The set of a node's own endpoints, which must be masqueraded when they ask themselves. */
export function hairpinSet(endpoints: readonly LocalEndpoint[]): WantedSet {
  return fill('KUBE-LOOP-BACK', endpoints.map(({ servicePort, endpoint: { address, port } }) => ({ address, protocol: servicePort.protocol.number, port, secondAddress: address })))
}

/** Another set of a node's own. `nodeAddresses`: those that answer NodePorts. */
export function nodeSet(name: SetName, index: PortalIndex, node: ProxyNode, nodeAddresses: readonly Address[]): WantedSet {
  if (name === 'KUBE-LOAD-BALANCER-SOURCE-IP') return fill(name, index.withSourceRanges.flatMap((port) => (admits(port, node.primaryAddress) ? toItself(port) : [])))
  const isLocalOnly = name === 'KUBE-NODE-PORT-LOCAL-SCTP-HASH'
  const nodePorts = index.nodePorts.filter(({ protocol, position }) => protocol === SCTP && (!isLocalOnly || index.servicePorts[position]?.externalPolicyLocal))
  return fill(name, nodePorts.flatMap(({ port }) => nodeAddresses.map((address) => ({ address, protocol: SCTP, port }))))
}

/** Load balancers whose source ranges leave out this node: its own processes must be kept from them by a rule. */
export function closedToNode(index: PortalIndex, node: ProxyNode): readonly ServicePort[] {
  return index.withSourceRanges.filter((port) => !admits(port, node.primaryAddress))
}

function toItself(port: ServicePort): SetEntry[] {
  return at(port, port.loadBalancerVIPs).map((entry) => ({ ...entry, secondAddress: entry.address ?? 0 }))
}
