import type { EndpointSlice, Service } from './api-objects.ts'
import { compareTexts } from '../engine/order.ts'
import { type ServicePort, serviceKey, servicePortsOf } from './service-port.ts'

/** What became of one Service: its service-ports now, none if it is gone. */
export interface ServiceChange {
  /** `namespace/name`. */
  readonly service: string
  readonly servicePorts: readonly ServicePort[]
}

/**
 * All service-ports at one moment of somebody's knowledge, sorted by name. Immutable, so that the nodes which know the
 * same share one snapshot and all that is derived from it.
 */
export class ServiceSnapshot {
  readonly servicePorts: readonly ServicePort[]
  /** Endpoints over all service-ports, ready or not. */
  readonly endpointCount: number

  constructor(servicePorts: readonly ServicePort[]) {
    this.servicePorts = [...servicePorts].sort(byName)
    let count = 0
    for (const port of this.servicePorts) count += port.endpoints.length
    this.endpointCount = count
  }

  /** Reads Services and the EndpointSlices that belong to them (label `kubernetes.io/service-name`). */
  static of(services: readonly Service[], slices: readonly EndpointSlice[]): ServiceSnapshot {
    const slicesOf = groupSlices(slices)
    return new ServiceSnapshot(services.flatMap((service) => servicePortsOf(service, slicesOf.get(serviceKey(service)) ?? [])))
  }

  /** The snapshot after those changes; the service-ports of every other Service stay the same objects. */
  with(changes: Iterable<ServiceChange>): ServiceSnapshot {
    const changed = new Map<string, readonly ServicePort[]>()
    for (const change of changes) changed.set(change.service, change.servicePorts)
    const kept = this.servicePorts.filter((port) => !changed.has(port.service))
    return new ServiceSnapshot(kept.concat(...changed.values()))
  }
}

/** The key of the Service that a slice belongs to; undefined if it belongs to none. */
export function sliceOwner(slice: EndpointSlice): string | undefined {
  const name = slice.metadata?.labels?.['kubernetes.io/service-name']
  return name === undefined ? undefined : `${slice.metadata?.namespace ?? 'default'}/${name}`
}

function groupSlices(slices: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>()
  for (const slice of slices) {
    const owner = sliceOwner(slice)
    if (owner === undefined) continue
    const group = groups.get(owner)
    if (group === undefined) groups.set(owner, [slice])
    else group.push(slice)
  }
  return groups
}

function byName(a: ServicePort, b: ServicePort): number {
  return compareTexts(a.name, b.name) || a.protocol.number - b.protocol.number
}
