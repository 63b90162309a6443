import { type Cidr, parseCidr } from '../kernel/address.ts'
import type { ProxyConfig } from './config.ts'
import type { ProxyNode } from './node.ts'

/**
 * How packets from local pods are told apart: by their source, or by the interface they come in on (pkg/proxy/util/localdetector.go).
 * The same words as a rule's match. undefined: nobody can tell, and rules that would need it are left out.
 */
export type LocalDetector = { readonly kind: 'source'; readonly cidr: Cidr } | { readonly kind: 'in-interface'; readonly name: string } | undefined

export function localDetectorOf(config: ProxyConfig, node: ProxyNode): LocalDetector {
  switch (config.detectLocalMode) {
    case 'ClusterCIDR':
      return bySource(config.clusterCIDR)
    case 'NodeCIDR':
      return bySource(node.podCIDR ?? '')
    case 'BridgeInterface':
      return byInterface(config.detectLocal.bridgeInterface, '')
    case 'InterfaceNamePrefix':
      return byInterface(config.detectLocal.interfaceNamePrefix, '+')
  }
}

/** Does the detector differ from node to node? */
export function detectsByNode(config: ProxyConfig): boolean {
  return config.detectLocalMode === 'NodeCIDR'
}

// Only the first CIDR of each family counts.
function bySource(cidrs: string): LocalDetector {
  const cidr = cidrs.split(',').map((text) => parseCidr(text.trim())).find((parsed) => parsed !== undefined)
  return cidr === undefined ? undefined : { kind: 'source', cidr }
}

function byInterface(name: string, wildcard: string): LocalDetector {
  return name === '' ? undefined : { kind: 'in-interface', name: name + wildcard }
}
