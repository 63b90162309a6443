import { compareTexts } from '../../engine/order.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '../api/object.ts'

/** `--max-endpoints-per-slice`. */
const MAX_ENDPOINTS = 100

/** Endpoints that have the same ports, and so share slices. */
export interface PortGroup {
  ports: EndpointPort[]
  /** By what they stand for. */
  endpoints: Map<string, Endpoint>
}

/** What a slice should hold: an existing slice, or a new one. */
export interface SliceContent {
  slice: EndpointSlice | undefined
  ports: EndpointPort[]
  endpoints: Endpoint[]
}

export function portsKey(ports: readonly EndpointPort[]): string {
  return JSON.stringify(ports.map(({ name, port, protocol, appProtocol }) => [name, port, protocol, appProtocol]).sort((a, b) => compareTexts(String(a[0]), String(b[0]))))
}

/** What makes an endpoint the same endpoint as before. */
function endpointKey(endpoint: Endpoint): string {
  return endpoint.targetRef?.name ?? endpoint.addresses[0] ?? ''
}

/**
 * Distributes endpoints over slices, changing as few slices as it can: endpointslice/reconciler.go. Those that
 * stay keep their place; new ones go to the fullest slice with room, then to new slices. What is not in
 * the answer has nothing left and is to be deleted.
 */
export function packSlices(groups: Map<string, PortGroup>, existing: readonly EndpointSlice[]): SliceContent[] {
  const contents: SliceContent[] = []
  for (const [key, group] of groups) {
    const mine = existing.filter((slice) => portsKey(slice.ports ?? []) === key)
    contents.push(...packGroup(group, mine))
  }
  if (contents.length > 0) return contents
  // A Service always has a slice: with nothing in it, it says that there is nobody.
  return [{ slice: existing[0], ports: [], endpoints: [] }]
}

function packGroup({ ports, endpoints }: PortGroup, existing: readonly EndpointSlice[]): SliceContent[] {
  const left = new Map(endpoints)
  const contents: SliceContent[] = existing.map((slice) => ({ slice, ports, endpoints: keepers(slice, left) }))
  const newcomers = [...left.values()]
  const byRoom = contents.filter((content) => content.endpoints.length > 0).sort((a, b) => b.endpoints.length - a.endpoints.length)
  for (const content of byRoom) content.endpoints.push(...newcomers.splice(0, MAX_ENDPOINTS - content.endpoints.length))
  const reusable = contents.filter((content) => content.endpoints.length === 0)
  while (newcomers.length > 0) {
    const content = reusable.shift() ?? { slice: undefined, ports, endpoints: [] }
    content.endpoints = newcomers.splice(0, MAX_ENDPOINTS)
    if (content.slice === undefined) contents.push(content)
  }
  return contents.filter((content) => content.endpoints.length > 0)
}

/** The slice's endpoints that are still wanted, as they are now; takes them out of what is left to place. */
function keepers(slice: EndpointSlice, left: Map<string, Endpoint>): Endpoint[] {
  return slice.endpoints.flatMap((endpoint) => {
    const key = endpointKey(endpoint)
    const wanted = left.get(key)
    left.delete(key)
    return wanted === undefined ? [] : [wanted]
  })
}
