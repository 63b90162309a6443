import { hash } from 'node:crypto'
import { type Endpoint, endpointText } from './endpoint.ts'
import { remembered } from './remembered.ts'
import type { ServicePort } from './service-port.ts'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The first characters of the base32 of the text's SHA-256: how kube-proxy shortens names that a kernel would find too long. */
export function shortHash(text: string, length: number): string {
  const digest = hash('sha256', text, 'buffer')
  let result = ''
  for (let i = 0; i < length; i++) {
    const bit = i * 5
    const pair = ((digest[bit >> 3] ?? 0) << 8) | (digest[(bit >> 3) + 1] ?? 0)
    result += BASE32[(pair >> (11 - (bit & 7))) & 31]
  }
  return result
}

const hashes = new WeakMap<ServicePort, string>()

/** What the names of all chains of a service-port end in (pkg/proxy/iptables/proxier.go, portProtoHash). */
export function servicePortHash(port: ServicePort): string {
  return remembered(hashes, port, () => shortHash(port.name + port.protocol.name, 16))
}

export function endpointChainName(port: ServicePort, endpoint: Endpoint): string {
  return `KUBE-SEP-${shortHash(port.name + port.protocol.name + endpointText(endpoint), 16)}`
}

/** The endpoints for policy Cluster. */
export function clusterChainName(port: ServicePort): string {
  return `KUBE-SVC-${servicePortHash(port)}`
}

/** The endpoints for policy Local. */
export function localChainName(port: ServicePort): string {
  return `KUBE-SVL-${servicePortHash(port)}`
}

/** Where traffic to external addresses and NodePorts enters. */
export function externalChainName(port: ServicePort): string {
  return `KUBE-EXT-${servicePortHash(port)}`
}

/** Where a load balancer's source ranges are checked. */
export function firewallChainName(port: ServicePort): string {
  return `KUBE-FW-${servicePortHash(port)}`
}
