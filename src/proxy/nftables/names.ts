import { formatAddress } from '../../kernel/address.ts'
import { shortHash } from '../chain-names.ts'
import type { Endpoint } from '../endpoint.ts'
import { remembered } from '../remembered.ts'
import type { ServicePort } from '../service-port.ts'

/** What is left of the kernel's 256 characters once the longest prefix is there. */
const BASE_LENGTH_MAX = 240

const bases = new WeakMap<ServicePort, string>()

/** `namespace/service/protocol/port`: what a service-port's chains are named after. */
export function servicePortKey(port: ServicePort): string {
  return `${port.service}/${port.protocol.name}/${port.portName}`
}

/** The key in the name of a chain or set; undefined for one that belongs to no service-port: they alone have a slash. */
export function keyIn(name: string): string | undefined {
  return /^[a-z]+-[A-Z2-7]{8}-([^_]*\/[^_]*)/.exec(name)?.[1]
}

/** The endpoints for policy Cluster. */
export function clusterChainName(port: ServicePort): string {
  return `service-${baseName(port)}`
}

/** The endpoints for policy Local. */
export function localChainName(port: ServicePort): string {
  return `local-${baseName(port)}`
}

/** Where traffic to external addresses and NodePorts enters. */
export function externalChainName(port: ServicePort): string {
  return `external-${baseName(port)}`
}

/** Where a load balancer's source ranges are checked. */
export function firewallChainName(port: ServicePort): string {
  return `firewall-${baseName(port)}`
}

export function endpointChainName(port: ServicePort, endpoint: Endpoint): string {
  return `endpoint-${endpointBaseName(port, endpoint)}`
}

/** The set of clients that come back to that endpoint. */
export function affinitySetName(port: ServicePort, endpoint: Endpoint): string {
  return `affinity-${endpointBaseName(port, endpoint)}`
}

function baseName(port: ServicePort): string {
  return remembered(bases, port, () => hashed(servicePortKey(port)))
}

function endpointBaseName(port: ServicePort, endpoint: Endpoint): string {
  return hashed(`${servicePortKey(port)}__${formatAddress(endpoint.address)}/${endpoint.port}`)
}

/** The name behind a hash of its own, cut if the kernel would find it too long (pkg/proxy/nftables/proxier.go, hashAndTruncate). */
function hashed(name: string): string {
  const full = `${shortHash(name, 8)}-${name}`
  return full.length > BASE_LENGTH_MAX ? `${full.slice(0, BASE_LENGTH_MAX - 3)}...` : full
}
