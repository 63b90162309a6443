import { type Address, cidrOf, compareAddresses, contains, isLoopback, parseCidr } from '../kernel/address.ts'
import type { ProxyConfig } from './config.ts'
import type { Place } from './endpoints.ts'

/** What kube-proxy knows of the machine it runs on. Keep the object: what is built for a node is remembered by it. */
export interface ProxyNode extends Place {
  /** The node's own address (`status.addresses`, InternalIP). */
  readonly primaryAddress: Address
  /** Every address of every interface: loopback, the pods' gateway, tunnels. */
  readonly addresses: readonly Address[]
  /** `spec.podCIDR`. */
  readonly podCIDR: string | undefined
}

/** The addresses that answer NodePorts: `all` local ones, or those listed. */
export type NodePortAddresses = 'all' | readonly Address[]

/** As pkg/proxy/util/nodeport_addresses.go chooses them; CIDRs of the other IP family alone mean all. */
export function nodePortAddressesOf(config: ProxyConfig, node: ProxyNode): NodePortAddresses {
  if (config.nodePortAddresses.includes('primary')) return [node.primaryAddress]
  if (answersEverywhere(config)) return 'all'
  const cidrs = config.nodePortAddresses.map(parseCidr).filter((cidr) => cidr !== undefined)
  const chosen = new Set(node.addresses.filter((address) => cidrs.some((cidr) => contains(cidr, address))))
  return [...chosen].sort(compareAddresses)
}

/** Do all local addresses of every node answer NodePorts? */
export function answersEverywhere(config: ProxyConfig): boolean {
  if (config.nodePortAddresses.includes('primary')) return false
  const cidrs = config.nodePortAddresses.map(parseCidr).filter((cidr) => cidr !== undefined)
  return cidrs.length === 0 || cidrs.some((cidr) => cidr.prefix === 0)
}

/** Do NodePorts work on 127.0.0.1? Only iptables mode asks (`--iptables-localhost-nodeports`). */
export function hasLocalhostNodePorts(config: ProxyConfig): boolean {
  return config.localhostNodePorts && containsLoopback(config.nodePortAddresses)
}

// NodePortAddresses.ContainsIPv4Loopback: is 127/8 among the chosen CIDRs?
function containsLoopback(nodePortAddresses: readonly string[]): boolean {
  if (nodePortAddresses.includes('primary')) return false
  const cidrs = nodePortAddresses.map(parseCidr).filter((cidr) => cidr !== undefined)
  const loopback = cidrOf('127.0.0.0/8')
  return cidrs.length === 0 || cidrs.some((cidr) => isLoopback(cidr.network) || contains(cidr, loopback.network))
}
