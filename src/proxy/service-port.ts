import type { ServicePort as ServicePortSpec } from 'kubernetes-types/core/v1.d.ts'
import type { EndpointSlice, Service } from './api-objects.ts'
import { type Address, type Cidr, contains, parseAddress, parseCidr } from '../kernel/address.ts'
import { SCTP, TCP, UDP } from '../kernel/packet.ts'
import { type Endpoint, endpointsOf } from './endpoint.ts'

/**
 * One port of one Service with its endpoints: what every proxy mode compiles. Immutable; an unchanged Service keeps its
 * objects from one snapshot to the next, so what is derived from them may be remembered by their identity.
 * The rules of what is skipped and what is read: pkg/proxy/serviceport.go, pkg/proxy/util/utils.go.
 */
export interface ServicePort {
  /** `namespace/name` of the Service. */
  readonly service: string
  readonly portName: string
  /** `namespace/name`, and `:port` where the port has a name: how rules and logs name it. No protocol in it. */
  readonly name: string
  readonly protocol: Protocol
  readonly port: number
  readonly clusterIP: Address
  readonly externalIPs: readonly Address[]
  /** Load-balancer addresses whose traffic arrives unrewritten (ipMode VIP, or none given). */
  readonly loadBalancerVIPs: readonly Address[]
  readonly sourceRanges: readonly Cidr[]
  /** 0: none. */
  readonly nodePort: number
  readonly externalPolicyLocal: boolean
  readonly internalPolicyLocal: boolean
  /** Session affinity by client address lasts so many seconds; 0: none. */
  readonly affinitySeconds: number
  /** 0: none. */
  readonly healthCheckNodePort: number
  /** Sorted by their text `ip:port`, which is the order of the rules. */
  readonly endpoints: readonly Endpoint[]
}

/** A protocol of a Service: the kernel's number, and the name that modules and chain hashes use. */
export interface Protocol {
  readonly number: number
  readonly name: 'tcp' | 'udp' | 'sctp'
}

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  TCP: { number: TCP, name: 'tcp' },
  UDP: { number: UDP, name: 'udp' },
  SCTP: { number: SCTP, name: 'sctp' },
}

/** What a Service (or a slice of it) carries when kube-proxy shall leave it to somebody else. */
const NOT_OURS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless']

/** The service-ports of one Service; none for a Service that kube-proxy ignores. `slices` are those of this Service. */
export function servicePortsOf(service: Service, slices: readonly EndpointSlice[]): ServicePort[] {
  const clusterIP = clusterIPOf(service)
  if (clusterIP === undefined) return []
  const visible = slices.filter((slice) => slice.addressType === 'IPv4' && isOurs(slice.metadata?.labels))
  const result: ServicePort[] = []
  for (const port of service.spec?.ports ?? []) {
    const protocol = PROTOCOLS[port.protocol ?? 'TCP']
    if (protocol !== undefined) result.push(servicePort(service, port, protocol, clusterIP, visible))
  }
  return result
}

function servicePort(service: Service, port: ServicePortSpec, protocol: Protocol, clusterIP: Address, slices: readonly EndpointSlice[]): ServicePort {
  const spec = service.spec ?? {}
  const key = serviceKey(service)
  const portName = port.name ?? ''
  const externalIPs = addresses(spec.externalIPs ?? [])
  const policyApplies = spec.type === 'LoadBalancer' || spec.type === 'NodePort' || (spec.externalIPs ?? []).length > 0
  const externalPolicyLocal = policyApplies && spec.externalTrafficPolicy === 'Local'
  return {
    service: key,
    portName,
    name: portName === '' ? key : `${key}:${portName}`,
    protocol,
    port: port.port,
    clusterIP,
    externalIPs,
    loadBalancerVIPs: loadBalancerVIPs(service),
    sourceRanges: sourceRanges(spec.loadBalancerSourceRanges ?? []),
    nodePort: port.nodePort ?? 0,
    externalPolicyLocal,
    internalPolicyLocal: spec.internalTrafficPolicy === 'Local',
    affinitySeconds: spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : 0,
    healthCheckNodePort: spec.type === 'LoadBalancer' && externalPolicyLocal ? (spec.healthCheckNodePort ?? 0) : 0,
    endpoints: endpointsOf(slices, portName, port.protocol ?? 'TCP'),
  }
}

export function serviceKey(service: Service): string {
  return `${service.metadata?.namespace ?? 'default'}/${service.metadata?.name ?? ''}`
}

/** Can anything but cluster traffic reach it: a NodePort, a load balancer's address, an external IP? */
export function isExternallyAccessible(port: ServicePort): boolean {
  return port.nodePort !== 0 || port.loadBalancerVIPs.length > 0 || port.externalIPs.length > 0
}

/** Do source ranges guard its load-balancer addresses? */
export function hasSourceRanges(port: ServicePort): boolean {
  return port.sourceRanges.length > 0 && port.loadBalancerVIPs.length > 0
}

/** May that source ask the load balancers' addresses? */
export function admits(port: ServicePort, source: Address): boolean {
  return port.sourceRanges.some((range) => contains(range, source))
}

/** Even with policy Local the node's own traffic to external addresses may go to any endpoint in the cluster. */
export function usesClusterEndpoints(port: ServicePort): boolean {
  return !port.internalPolicyLocal || isExternallyAccessible(port)
}

export function usesLocalEndpoints(port: ServicePort): boolean {
  return port.internalPolicyLocal || (port.externalPolicyLocal && isExternallyAccessible(port))
}

function clusterIPOf(service: Service): Address | undefined {
  const spec = service.spec
  if (spec === undefined || spec.type === 'ExternalName' || !isOurs(service.metadata?.labels)) return undefined
  for (const text of [spec.clusterIP, ...(spec.clusterIPs ?? [])]) {
    const address = parseAddress(text ?? '')
    if (address !== undefined) return address
  }
  return undefined
}

function isOurs(labels: Readonly<Record<string, string>> | undefined): boolean {
  return labels === undefined || !NOT_OURS.some((label) => label in labels)
}

function loadBalancerVIPs(service: Service): Address[] {
  const ingress = service.status?.loadBalancer?.ingress ?? []
  // With ipMode Proxy the balancer rewrites the destination itself, so traffic to its address must go there.
  return addresses(ingress.filter((entry) => (entry.ipMode ?? 'VIP') === 'VIP').map((entry) => entry.ip ?? ''))
}

function addresses(texts: readonly string[]): Address[] {
  return texts.map(parseAddress).filter((address) => address !== undefined)
}

function sourceRanges(texts: readonly string[]): Cidr[] {
  return texts.map((range) => parseCidr(range.trim())).filter((cidr) => cidr !== undefined)
}
