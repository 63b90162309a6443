import type { Address } from '../../kernel/address.ts'
import { IpSet, type SetEntry } from '../../kernel/ipset/ip-set.ts'
import type { ServicePort } from '../service-port.ts'
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

/** The set of that name with those entries. */
export function fill(name: SetName, entries: readonly SetEntry[]): WantedSet {
  const set = new IpSet(name, SETS[name][0])
  for (const entry of entries) set.add(entry)
  return { set, isWanted: entries.length > 0 }
}

/** An entry for each address at which the port is asked for. */
export function at(port: ServicePort, addresses: readonly Address[]): SetEntry[] {
  return addresses.map((address) => ({ address, protocol: port.protocol.number, port: port.port }))
}

function nodePort(port: ServicePort, protocol: 'tcp' | 'udp'): SetEntry[] {
  return port.nodePort !== 0 && port.protocol.name === protocol ? [{ port: port.nodePort }] : []
}
