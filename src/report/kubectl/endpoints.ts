import type { Cluster } from '../../cluster/cluster.ts'
import { HEADLESS_LABEL, TRIGGER_TIME } from '../../cluster/controllers/endpointslice.ts'
import { hasSelector, type Endpoint, type EndpointPort, type Endpoints, type EndpointSlice, type Service } from '../../cluster/api/object.ts'
import { keyOf } from '../../cluster/api/store.ts'
import { compareTexts } from '../../engine/order.ts'
import { listSome } from './format.ts'

type Subset = NonNullable<Endpoints['subsets']>[number]
type Address = NonNullable<Subset['addresses']>[number]

/**
 * The Endpoints objects: those of a dump, and for every other Service with a selector what the Endpoints
 * controller would write. Nothing in the cluster reads them, so they are worked out from the slices when asked for.
 */
export function listEndpoints({ store, selection }: Cluster, namespace: string | undefined): Endpoints[] {
  const given = store.list('Endpoints', namespace)
  const known = new Set(given.map(keyOf))
  const missing = store.list('Service', namespace).filter((service) => hasEndpoints(service) && !known.has(keyOf(service)))
  const derived = missing.map((service) => endpointsFrom(service, [...selection.slicesOf(service)]))
  return [...given, ...derived].sort((a, b) => compareTexts(a.metadata.namespace, b.metadata.namespace) || compareTexts(a.metadata.name, b.metadata.name))
}

export function endpointsOf({ store, selection }: Cluster, service: Service): Endpoints | undefined {
  const given = store.get('Endpoints', service.metadata.namespace, service.metadata.name)
  return given ?? (hasEndpoints(service) ? endpointsFrom(service, [...selection.slicesOf(service)]) : undefined)
}

/** ENDPOINTS of `get ep`, and of `describe svc` for the ports of one name. */
export function formatEndpoints({ subsets }: Pick<Endpoints, 'subsets'>, portName?: string): string {
  if (!subsets?.length) return '<none>'
  return listSome(
    subsets.flatMap(({ addresses, ports }) => {
      const ips = (addresses ?? []).map(({ ip }) => ip)
      if (!ports?.length) return ips
      const named = ports.filter(({ name }) => portName === undefined || (name ?? '') === portName)
      return named.flatMap(({ port }) => ips.map((ip) => `${ip}:${port}`))
    }),
  )
}

function hasEndpoints(service: Service): boolean {
  return hasSelector(service) && service.spec.type !== 'ExternalName'
}

function endpointsFrom(service: Service, slices: EndpointSlice[]): Endpoints {
  const { name, namespace, labels, creationTimestamp } = service.metadata
  const headless = service.spec.clusterIP === 'None' ? { [HEADLESS_LABEL]: '' } : {}
  const triggers = slices.flatMap((slice) => slice.metadata.annotations?.[TRIGGER_TIME] ?? []).sort(compareTexts)
  const trigger = triggers.at(-1)
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      namespace,
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      labels: { ...labels, ...headless },
      ...(trigger === undefined ? {} : { annotations: { [TRIGGER_TIME]: trigger } }),
    },
    subsets: repack(slices.filter((slice) => slice.addressType === 'IPv4')),
  }
}

/** Addresses by their port. A Service without ports has one entry without a port. */
interface PortAddresses {
  port: EndpointPort | undefined
  ready: Map<string, Address>
  notReady: Map<string, Address>
}

/** As api/endpoints RepackSubsets: ports with the same addresses share a subset; addresses are sorted as text. */
function repack(slices: EndpointSlice[]): Subset[] {
  const byPort = new Map<string, PortAddresses>()
  for (const { ports, endpoints } of slices) {
    for (const port of ports?.length ? ports : [undefined]) {
      const key = JSON.stringify([port?.name, port?.port, port?.protocol])
      if (!byPort.has(key)) byPort.set(key, { port, ready: new Map(), notReady: new Map() })
      for (const endpoint of endpoints) addTo(byPort.get(key)!, endpoint)
    }
  }
  const subsets = new Map<string, Subset>()
  for (const { port, ready, notReady } of byPort.values()) {
    if (ready.size + notReady.size === 0) continue
    const key = JSON.stringify([[...ready.keys()].sort(), [...notReady.keys()].sort()])
    const subset = subsets.get(key) ?? subsetOf(ready, notReady)
    if (port !== undefined) (subset.ports ??= []).push(portOf(port))
    subsets.set(key, subset)
  }
  return [...subsets.values()]
}

function subsetOf(ready: Map<string, Address>, notReady: Map<string, Address>): Subset {
  const sorted = (addresses: Map<string, Address>) => [...addresses.values()].sort((a, b) => compareTexts(a.ip, b.ip))
  return {
    ...(ready.size > 0 ? { addresses: sorted(ready) } : {}),
    ...(notReady.size > 0 ? { notReadyAddresses: sorted(notReady) } : {}),
  }
}

/** A pod on its way out is in no Endpoints object, though it is in the slices. */
function addTo({ ready, notReady }: PortAddresses, endpoint: Endpoint): void {
  const ip = endpoint.addresses[0] ?? ''
  const { conditions, hostname, nodeName, targetRef } = endpoint
  const address: Address = {
    ...(hostname === undefined ? {} : { hostname }),
    ip,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  }
  if (conditions?.ready ?? true) ready.set(ip, address)
  else if (conditions?.terminating !== true) notReady.set(ip, address)
}

function portOf({ name, port, protocol }: EndpointPort): NonNullable<Subset['ports']>[number] {
  return { ...(name ? { name } : {}), port: port ?? 0, protocol: protocol ?? 'TCP' }
}
