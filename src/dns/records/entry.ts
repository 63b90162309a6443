import type { Service } from 'kubernetes-types/core/v1.js'
import type { Endpoint, EndpointSlice } from 'kubernetes-types/discovery/v1.js'
import { dashed, type NameRequest } from './name.ts'

/** One thing that a name leads to: an address (with a port, for SRV) or another name. */
export interface Entry {
  /** An address or, for an ExternalName, a name. */
  readonly target: string
  /** Undefined for an endpoint of a Service without ports. */
  readonly port: number | undefined
  /** The name that SRV records point to. */
  readonly owner: string
}

/** A Service that is not load-balanced: its names lead to its endpoints. */
export function isHeadless(service: Service): boolean {
  return (service.spec?.clusterIP ?? service.spec?.clusterIPs?.[0]) === 'None'
}

/** An alias; it has no ports and no endpoints below it. */
export function externalEntry(service: Service, request: NameRequest, owner: string): Entry[] {
  const target = service.spec?.externalName?.replace(/\.$/, '') ?? ''
  const asksBelow = request.endpoint !== undefined || request.port !== undefined
  return target === '' || asksBelow ? [] : [{ target, port: undefined, owner }]
}

export function clusterIpEntries(service: Service, request: NameRequest, owner: string): Entry[] {
  const { clusterIP, ports = [] } = service.spec ?? {}
  const addresses = service.spec?.clusterIPs ?? (clusterIP === undefined || clusterIP === '' ? [] : [clusterIP])
  const entries: Entry[] = []
  for (const { name, protocol = 'TCP', port } of ports) {
    if (matchesPort(request, name, protocol)) for (const target of addresses) entries.push({ target, port, owner })
  }
  return entries
}

/** The endpoints of a headless Service, or those of any Service under their own names. */
export function endpointEntries(slices: readonly EndpointSlice[], request: NameRequest, owner: string, podNames: boolean): Entry[] {
  const entries: Entry[] = []
  for (const slice of slices) {
    // A Service without ports still has addresses: CoreDNS makes up a port of -1 for it.
    const ports = slice.ports?.length ? slice.ports : [{}]
    for (const ready of readyAddresses(slice)) {
      const hostname = endpointName(ready, podNames)
      if (request.endpoint !== undefined && request.endpoint !== hostname.toLowerCase()) continue
      for (const { name, protocol, port } of ports) {
        if (matchesPort(request, name, protocol ?? 'TCP')) entries.push({ target: ready.address, port, owner: `${hostname}.${owner}` })
      }
    }
  }
  return entries
}

function matchesPort(request: NameRequest, name: string | undefined, protocol: string): boolean {
  return (request.port ?? '') === '' || (request.port === (name ?? '').toLowerCase() && request.protocol === protocol.toLowerCase())
}

export interface ReadyAddress {
  readonly address: string
  readonly endpoint: Endpoint
}

/** Only `ready` counts, and what says nothing is ready; `serving` and `terminating` are not read. */
export function readyAddresses(slice: EndpointSlice): ReadyAddress[] {
  const ready = slice.endpoints.filter((endpoint) => endpoint.conditions?.ready ?? true)
  return ready.flatMap((endpoint) => endpoint.addresses.map((address) => ({ address, endpoint })))
}

const MAX_LABEL = 63

/** The endpoint's hostname, its pod's name if that is wanted and fits a label, or its address with dashes. */
export function endpointName({ address, endpoint }: ReadyAddress, podNames: boolean): string {
  if (endpoint.hostname !== undefined && endpoint.hostname !== '') return endpoint.hostname
  const pod = endpoint.targetRef?.name
  if (podNames && pod !== undefined && pod.length <= MAX_LABEL) return pod
  return dashed(address)
}
