import { type Address, contains } from '../../kernel/address.ts'
import { IpSet, type SetEntry } from '../../kernel/ipset/ip-set.ts'
import { SCTP } from '../../kernel/packet.ts'
import type { ProxyNode } from '../node.ts'
import type { ServicePort } from '../service-port.ts'
import type { LocalEndpoint } from './local-endpoints.ts'
import type { PortalIndex } from './portal-index.ts'
import { SETS, type SetName } from './set-names.ts'

/** A set as kube-proxy wants it. What the kernel refuses (a network of size 0, entries above 65536) is wanted, but missing. */
export interface WantedSet {
  readonly set: IpSet
  /** Rules for a set are only written when something is wanted in it. */
  readonly isWanted: boolean
}

/** Where a set's entries come from: for each service-port, whatever the node. */
type ClusterEntries = (port: ServicePort) => Iterable<SetEntry>

const CLUSTER_ENTRIES: Readonly<Partial<Record<SetName, ClusterEntries>>> = {
  'KUBE-CLUSTER-IP': (port) => at(port, [port.clusterIP]),
  'KUBE-EXTERNAL-IP': (port) => (port.externalPolicyLocal ? [] : at(port, port.externalIPs)),
  'KUBE-EXTERNAL-IP-LOCAL': (port) => (port.externalPolicyLocal ? at(port, port.externalIPs) : []),
  'KUBE-LOAD-BALANCER': (port) => at(port, port.loadBalancerVIPs),
  'KUBE-LOAD-BALANCER-FW': (port) => (port.sourceRanges.length > 0 ? at(port, port.loadBalancerVIPs) : []),
  'KUBE-LOAD-BALANCER-LOCAL': (port) => (port.externalPolicyLocal ? at(port, port.loadBalancerVIPs) : []),
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': (port) =>
    at(port, port.loadBalancerVIPs).flatMap((entry) => port.sourceRanges.map(({ network, prefix }) => ({ ...entry, secondAddress: network, secondPrefix: prefix }))),
  'KUBE-NODE-PORT-TCP': (port) => nodePort(port, 'tcp'),
  'KUBE-NODE-PORT-LOCAL-TCP': (port) => (port.externalPolicyLocal ? nodePort(port, 'tcp') : []),
  'KUBE-NODE-PORT-UDP': (port) => nodePort(port, 'udp'),
  'KUBE-NODE-PORT-LOCAL-UDP': (port) => (port.externalPolicyLocal ? nodePort(port, 'udp') : []),
  'KUBE-HEALTH-CHECK-NODE-PORT': (port) => (port.healthCheckNodePort === 0 ? [] : [{ port: port.healthCheckNodePort }]),
}

/** A set that all nodes have alike; undefined if its contents depend on the node. */
export function clusterSet(name: SetName, servicePorts: readonly ServicePort[]): WantedSet | undefined {
  const entries = CLUSTER_ENTRIES[name]
  return entries && fill(name, servicePorts.flatMap((port) => [...entries(port)]))
}

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
  if (name === 'KUBE-LOAD-BALANCER-SOURCE-IP') return fill(name, index.withSourceRanges.flatMap((port) => (isAllowedFrom(port, node) ? toItself(port) : [])))
  const isLocalOnly = name === 'KUBE-NODE-PORT-LOCAL-SCTP-HASH'
  const nodePorts = index.nodePorts.filter(({ protocol, position }) => protocol === SCTP && (!isLocalOnly || index.servicePorts[position]?.externalPolicyLocal))
  return fill(name, nodePorts.flatMap(({ port }) => nodeAddresses.map((address) => ({ address, protocol: SCTP, port }))))
}

/** Load balancers whose source ranges leave out this node: its own processes must be kept from them by a rule. */
export function closedToNode(index: PortalIndex, node: ProxyNode): readonly ServicePort[] {
  return index.withSourceRanges.filter((port) => !isAllowedFrom(port, node))
}

function isAllowedFrom(port: ServicePort, node: ProxyNode): boolean {
  return port.sourceRanges.some((range) => contains(range, node.primaryAddress))
}

function fill(name: SetName, entries: readonly SetEntry[]): WantedSet {
  const set = new IpSet(name, SETS[name][0])
  for (const entry of entries) set.add(entry)
  return { set, isWanted: entries.length > 0 }
}

function at(port: ServicePort, addresses: readonly Address[]): SetEntry[] {
  return addresses.map((address) => ({ address, protocol: port.protocol.number, port: port.port }))
}

function toItself(port: ServicePort): SetEntry[] {
  return at(port, port.loadBalancerVIPs).map((entry) => ({ ...entry, secondAddress: entry.address ?? 0 }))
}

function nodePort(port: ServicePort, protocol: 'tcp' | 'udp'): SetEntry[] {
  return port.nodePort !== 0 && port.protocol.name === protocol ? [{ port: port.nodePort }] : []
}
