import { compareTexts } from '../engine/order.ts'
import type { Endpoint as SliceEndpoint, EndpointPort } from 'kubernetes-types/discovery/v1.d.ts'
import type { EndpointSlice } from './api-objects.ts'
import { type Address, formatAddress, parseAddress } from '../kernel/address.ts'

/** One endpoint of one service-port, as pkg/proxy/endpointslicecache.go reads it. Belongs to one ServicePort only. */
export interface Endpoint {
  readonly address: Address
  readonly port: number
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly nodeName: string | undefined
  readonly zone: string | undefined
  /** Zones and nodes that shall prefer it; empty without hints. */
  readonly zoneHints: readonly string[]
  readonly nodeHints: readonly string[]
}

/** `ip:port`: what endpoints are sorted by, and what their chains' names are made of. */
export function endpointText(endpoint: Endpoint): string {
  return `${formatAddress(endpoint.address)}:${endpoint.port}`
}

/** The endpoints behind one port of a Service, in the order of their text. */
export function endpointsOf(slices: readonly EndpointSlice[], portName: string, protocol: string): Endpoint[] {
  const found = new Map<string, Endpoint>()
  for (const slice of [...slices].sort(bySliceName)) {
    for (const port of slice.ports ?? []) {
      if (isPort(port, portName, protocol)) addEndpoints(found, slice, port.port ?? 0)
    }
  }
  return [...found].sort(byText).map(([, endpoint]) => endpoint)
}

// The API server defaults a missing name to the empty one; a port without a number means "all ports" and is ignored.
function isPort(port: EndpointPort, portName: string, protocol: string): boolean {
  return (port.name ?? '') === portName && (port.protocol ?? 'TCP') === protocol && (port.port ?? 0) !== 0
}

function addEndpoints(found: Map<string, Endpoint>, slice: EndpointSlice, port: number): void {
  for (const from of slice.endpoints ?? []) {
    const address = parseAddress(from.addresses?.[0] ?? '')
    if (address === undefined) continue
    const endpoint = readEndpoint(from, address, port)
    const key = endpointText(endpoint)
    // Pods may be in two slices for a moment: what is not terminating wins, then what comes later.
    if (!found.has(key) || !endpoint.terminating) found.set(key, endpoint)
  }
}

function readEndpoint(from: SliceEndpoint, address: Address, port: number): Endpoint {
  const hints: Hints = from.hints ?? {}
  return {
    address,
    port,
    ready: from.conditions?.ready ?? true,
    serving: from.conditions?.serving ?? true,
    terminating: from.conditions?.terminating ?? false,
    nodeName: from.nodeName,
    zone: from.zone,
    zoneHints: names(hints.forZones),
    nodeHints: names(hints.forNodes),
  }
}

/** The types at hand are of release 1.30; `forNodes` came in 1.33. */
interface Hints {
  forZones?: readonly { name: string }[]
  forNodes?: readonly { name: string }[]
}

const NONE: readonly string[] = []

function names(hints: readonly { name: string }[] | undefined): readonly string[] {
  return hints === undefined || hints.length === 0 ? NONE : hints.map((hint) => hint.name)
}

function bySliceName(a: EndpointSlice, b: EndpointSlice): number {
  return compareTexts(a.metadata?.name ?? '', b.metadata?.name ?? '')
}

function byText(a: readonly [string, Endpoint], b: readonly [string, Endpoint]): number {
  return compareTexts(a[0], b[0])
}
