import type { Endpoint, EndpointHints, Service } from './object.ts'

/**
 * Which zone or node an endpoint should serve: spec.trafficDistribution (KEP-2433, KEP-3015). Only ready endpoints
 * are hinted. PreferSameNode hints the zone too, for proxies that know only zones.
 */
export function withHints(endpoint: Endpoint, service: Service): Endpoint {
  const hint = HINTS[service.spec.trafficDistribution ?? '']
  const hints = endpoint.conditions?.ready === true ? hint?.(endpoint) : undefined
  return hints === undefined ? endpoint : { ...endpoint, hints }
}

const HINTS: { readonly [distribution: string]: (endpoint: Endpoint) => EndpointHints | undefined } = {
  PreferClose: sameZone,
  PreferSameZone: sameZone,
  PreferSameNode: ({ nodeName, ...endpoint }) =>
    nodeName === undefined ? sameZone(endpoint) : { ...sameZone(endpoint), forNodes: [{ name: nodeName }] },
}

function sameZone({ zone }: Endpoint): EndpointHints | undefined {
  return zone === undefined ? undefined : { forZones: [{ name: zone }] }
}
