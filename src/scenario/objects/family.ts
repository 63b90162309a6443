import type { KubeObject } from '../../cluster/api/object.ts'
import { isRecord } from '../text/documents.ts'

/**
 * Takes the IPv6 half out of a dual-stack object, in place: only IPv4 is modelled. Returns what is left to say: nothing, or why the whole object
 * is of no use. An EndpointSlice says itself which family it is of, so kube-proxy's model passes over those of IPv6.
 */
export function keepIPv4(object: KubeObject): string | undefined {
  return FAMILIES[object.kind]?.(object)
}

const FAMILIES: Record<string, (object: KubeObject) => string | undefined> = {
  Service: ({ spec, status }) => {
    const fields = recordOf(spec)
    for (const name of ['clusterIPs', 'externalIPs', 'loadBalancerSourceRanges']) keepWhere(fields, name, isOurs)
    keepWhere(recordOf(recordOf(status)['loadBalancer']), 'ingress', (one) => isOurs(recordOf(one)['ip'] ?? ''))
    if (isOurs(fields['clusterIP'] ?? '')) return undefined
    const [other] = listOf(fields['clusterIPs'])
    fields['clusterIP'] = other
    return other === undefined ? 'an IPv6 address' : undefined
  },
  Pod: ({ status }) => {
    const fields = recordOf(status)
    keepWhere(fields, 'podIPs', (one) => isOurs(recordOf(one)['ip'] ?? ''))
    if (isOurs(fields['podIP'] ?? '')) return undefined
    const [other] = listOf(fields['podIPs'])
    fields['podIP'] = recordOf(other)['ip']
    return other === undefined ? 'an IPv6 address' : undefined
  },
  Node: ({ spec, status }) => {
    const fields = recordOf(spec)
    keepWhere(fields, 'podCIDRs', isOurs)
    if (!isOurs(fields['podCIDR'] ?? '')) {
      const [other] = listOf(fields['podCIDRs'])
      if (other === undefined) delete fields['podCIDR']
      else fields['podCIDR'] = other
    }
    keepWhere(recordOf(status), 'addresses', (one) => isOurs(recordOf(one)['address'] ?? ''))
    return undefined
  },
  Endpoints: ({ subsets }) => {
    for (const subset of listOf(subsets)) {
      for (const name of ['addresses', 'notReadyAddresses']) keepWhere(recordOf(subset), name, (one) => isOurs(recordOf(one)['ip'] ?? ''))
    }
    return undefined
  },
}

/** IPv4, or no address at all (a host name, `None`, nothing yet): a colon is what IPv6 is known by. */
function isOurs(address: unknown): boolean {
  return !String(address).includes(':')
}

function keepWhere(fields: Record<string, unknown>, name: string, isWanted: (one: unknown) => boolean): void {
  if (Array.isArray(fields[name])) fields[name] = fields[name].filter(isWanted)
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
