import type { Endpoint } from './endpoint.ts'
import { type ServicePort, usesClusterEndpoints, usesLocalEndpoints } from './service-port.ts'

/** Where an observer of endpoints stands. */
export interface Place {
  readonly nodeName: string
  readonly zone: string | undefined
}

/** Which endpoints a node uses for a service-port under each traffic policy (pkg/proxy/topology.go, CategorizeEndpoints). */
export interface Categories {
  readonly cluster: readonly Endpoint[]
  readonly local: readonly Endpoint[]
  /** Both, each endpoint once: those that this node needs a way to. */
  readonly reachable: readonly Endpoint[]
}

const NONE: readonly Endpoint[] = []

export function categorizeEndpoints(port: ServicePort, place: Place): Categories {
  const cluster = usesClusterEndpoints(port) ? clusterEndpoints(port, place) : NONE
  const local = localEndpoints(port, place.nodeName)
  return { cluster, local, reachable: union(port, cluster, local) }
}

/**
 * Is there a usable endpoint anywhere? Without one traffic is rejected; it does not depend on the node, because hints
 * only choose among ready endpoints when some are meant for the node.
 */
export function hasUsableEndpoints(port: ServicePort): boolean {
  return port.endpoints.some((endpoint) => endpoint.ready || isFallback(endpoint))
}

/** The endpoints on that node for policy Local; none if the service-port has no such policy. */
export function localEndpoints(port: ServicePort, nodeName: string): readonly Endpoint[] {
  if (!usesLocalEndpoints(port)) return NONE
  const here = port.endpoints.filter((endpoint) => endpoint.nodeName === nodeName)
  return readyOrFallback(here, here.filter((endpoint) => endpoint.ready))
}

/** Do hints make nodes choose different endpoints? One ready endpoint without hints turns the feature off. */
export function hasHints(port: ServicePort): boolean {
  return everyReady(port, (endpoint) => endpoint.zoneHints.length > 0) || everyReady(port, (endpoint) => endpoint.nodeHints.length > 0)
}

function clusterEndpoints(port: ServicePort, place: Place): readonly Endpoint[] {
  const preferred = preference(port, place)
  const chosen = port.endpoints.filter((endpoint) => endpoint.ready && (preferred === undefined || preferred(endpoint)))
  return readyOrFallback(port.endpoints, chosen)
}

// When nothing is ready, what is going away but still serves is better than nothing (KEP-1669).
function readyOrFallback(all: readonly Endpoint[], ready: readonly Endpoint[]): readonly Endpoint[] {
  return ready.length > 0 ? ready : all.filter(isFallback)
}

function isFallback(endpoint: Endpoint): boolean {
  return endpoint.serving && endpoint.terminating
}

/** The topology mode in force: PreferSameNode before PreferSameZone, each only if hints are complete and some are for us. */
function preference(port: ServicePort, place: Place): ((endpoint: Endpoint) => boolean) | undefined {
  const forNode = (endpoint: Endpoint) => endpoint.nodeHints.includes(place.nodeName)
  if (everyReady(port, (endpoint) => endpoint.nodeHints.length > 0) && someReady(port, forNode)) return forNode
  const zone = place.zone
  if (zone === undefined) return undefined
  const forZone = (endpoint: Endpoint) => endpoint.zoneHints.includes(zone)
  if (everyReady(port, (endpoint) => endpoint.zoneHints.length > 0) && someReady(port, forZone)) return forZone
  return undefined
}

function everyReady(port: ServicePort, test: (endpoint: Endpoint) => boolean): boolean {
  return port.endpoints.every((endpoint) => !endpoint.ready || test(endpoint)) && port.endpoints.some((endpoint) => endpoint.ready)
}

function someReady(port: ServicePort, test: (endpoint: Endpoint) => boolean): boolean {
  return port.endpoints.some((endpoint) => endpoint.ready && test(endpoint))
}

function union(port: ServicePort, cluster: readonly Endpoint[], local: readonly Endpoint[]): readonly Endpoint[] {
  if (local.length === 0) return cluster
  if (cluster.length === 0) return local
  const wanted = new Set([...cluster, ...local])
  return port.endpoints.filter((endpoint) => wanted.has(endpoint))
}
