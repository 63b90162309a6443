import type { Endpoint, EndpointHints, Node, Service } from '../api/object.ts'
import { hintByCapacity, zoneHint } from './topology-hints.ts'

/** The annotation, and its name before Kubernetes 1.27. */
const MODE_ANNOTATIONS = ['service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints']

/**
 * Which zone or node each ready endpoint should serve. The topology-mode annotation (KEP-2433) goes before
 * spec.trafficDistribution (KEP-4444, KEP-3015); without either there are no hints.
 */
export function withHints(endpoints: Endpoint[], service: Service, nodes: readonly Node[]): Endpoint[] {
  const isAuto = MODE_ANNOTATIONS.some((name) => service.metadata.annotations?.[name]?.toLowerCase() === 'auto')
  if (isAuto) return hintByCapacity(endpoints, nodes)
  const hint = DISTRIBUTIONS[service.spec.trafficDistribution ?? '']
  return hint === undefined ? endpoints : endpoints.map((endpoint) => (endpoint.conditions?.ready ? hinted(endpoint, hint(endpoint)) : endpoint))
}

/** PreferSameNode hints the zone too, for proxies that know only zones. */
const DISTRIBUTIONS: { readonly [distribution: string]: (endpoint: Endpoint) => EndpointHints } = {
  PreferClose: sameZone,
  PreferSameZone: sameZone,
  PreferSameNode: (endpoint) => ({ ...sameZone(endpoint), ...(endpoint.nodeName === undefined ? {} : { forNodes: [{ name: endpoint.nodeName }] }) }),
}

function sameZone({ zone }: Endpoint): EndpointHints {
  return zone === undefined ? {} : zoneHint(zone)
}

function hinted(endpoint: Endpoint, hints: EndpointHints): Endpoint {
  return Object.keys(hints).length === 0 ? endpoint : { ...endpoint, hints }
}
