import { compareTexts } from '../../engine/order.ts'
import { isReady, zoneOf, type Endpoint, type EndpointHints, type Node } from '../api/object.ts'

/** No zone's endpoints may get more than their fair share by this much: overloadThreshold of endpointslice/topologycache. */
const OVERLOAD = 0.2

const CONTROL_PLANE_LABELS = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']

export function zoneHint(zone: string): EndpointHints {
  return { forZones: [{ name: zone }] }
}

/**
 * Topology-aware hints: each zone is to be served by a share of the endpoints that fits its share of the nodes'
 * CPUs. Endpoints serve their own zone; zones that have too many lend some. No hints at all where the
 * shares cannot be fair, or where zones or CPUs are not known.
 */
export function hintByCapacity(endpoints: Endpoint[], nodes: readonly Node[]): Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.conditions?.ready === true)
  const desired = desiredByZone(ready.length, cpuShares(nodes))
  if (desired === undefined || ready.some(({ zone }) => !zone)) return endpoints
  const surplus = new Map(desired)
  for (const zone of surplus.keys()) surplus.set(zone, -surplus.get(zone)!)
  for (const { zone } of ready) surplus.set(zone!, (surplus.get(zone!) ?? 0) + 1)
  const loans = lend(surplus)
  return endpoints.map((endpoint) => {
    if (endpoint.conditions?.ready !== true) return endpoint
    return { ...endpoint, hints: zoneHint(loans.get(endpoint.zone!)?.shift() ?? endpoint.zone!) }
  })
}

/** Each zone's share of the CPUs; undefined if some node's zone or CPUs are unknown, or there is one zone only. */
function cpuShares(nodes: readonly Node[]): Map<string, number> | undefined {
  const cpus = new Map<string, number>()
  for (const node of nodes) {
    if (!isReady(node) || CONTROL_PLANE_LABELS.some((label) => node.metadata.labels?.[label] !== undefined)) continue
    const zone = zoneOf(node)
    const cpu = cpuOf(node)
    if (!zone || !(cpu > 0)) return undefined
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu)
  }
  const total = [...cpus.values()].reduce((sum, cpu) => sum + cpu, 0)
  if (cpus.size < 2) return undefined
  return new Map([...cpus].sort(([a], [b]) => compareTexts(a, b)).map(([zone, cpu]) => [zone, cpu / total]))
}

/** In cores: a quantity like `8` or `3920m`. */
function cpuOf({ status }: Node): number {
  const cpu = String(status.allocatable?.['cpu'] ?? '')
  return cpu.endsWith('m') ? Number(cpu.slice(0, -1)) / 1000 : Number(cpu)
}

/** How many endpoints each zone should have; undefined if some zone's would be overloaded. */
function desiredByZone(endpoints: number, shares: Map<string, number> | undefined): Map<string, number> | undefined {
  if (shares === undefined || shares.size > endpoints) return undefined
  const minimum = (share: number) => Math.ceil((share * endpoints) / (1 + OVERLOAD))
  const least = [...shares.values()].reduce((sum, share) => sum + minimum(share), 0)
  if (least > endpoints) return undefined
  return new Map([...shares].map(([zone, share]) => [zone, Math.max(share * endpoints, minimum(share))]))
}

/** Who lends endpoints to whom: from the zone with most to the zone that lacks most, until less than one is left to move. */
function lend(surplus: Map<string, number>): Map<string, string[]> {
  const loans = new Map<string, string[]>()
  for (;;) {
    const zones = [...surplus].sort(([, a], [, b]) => b - a)
    const [giver, most] = zones[0] ?? ['', 0]
    const [taker, lack] = zones.at(-1) ?? ['', 0]
    if ((most < 1 && -lack < 1) || most < 0.5 || -lack < 0.5) return loans
    loans.set(giver, [...(loans.get(giver) ?? []), taker])
    surplus.set(giver, most - 1)
    surplus.set(taker, lack + 1)
  }
}
