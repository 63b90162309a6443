import type { ServicePort } from '../service-port.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'
import { LocalEndpoints } from './local-endpoints.ts'
import { PortalIndex } from './portal-index.ts'

/** A snapshot as ipvs mode reads it, for all nodes. */
export interface Knowledge {
  readonly servicePorts: readonly ServicePort[]
  readonly index: PortalIndex
  readonly local: LocalEndpoints
}

/** Reads a snapshot. Where only endpoints differ from the one before, most of that is taken over. */
export function readSnapshot({ servicePorts }: ServiceSnapshot, before: Knowledge | undefined): Knowledge {
  if (before === undefined || !servicePorts.every((port, i) => isSamePortal(port, before.servicePorts[i])) || servicePorts.length !== before.servicePorts.length) {
    return { servicePorts, index: new PortalIndex(servicePorts), local: LocalEndpoints.of(servicePorts) }
  }
  const changed = servicePorts.filter((port, i) => port !== before.servicePorts[i])
  const replaced = new Set(before.servicePorts.filter((port, i) => port !== servicePorts[i]))
  return { servicePorts, index: before.index, local: before.local.with(replaced, changed) }
}

/** Do both have the same virtual services and the same entries in sets, whatever their endpoints? */
function isSamePortal(a: ServicePort, b: ServicePort | undefined): boolean {
  return a === b || (b !== undefined && portalText(a) === portalText(b))
}

function portalText(port: ServicePort): string {
  return JSON.stringify([
    port.protocol.number,
    port.port,
    port.clusterIP,
    port.externalIPs,
    port.loadBalancerVIPs,
    port.sourceRanges.map(({ network, prefix }) => [network, prefix]),
    port.nodePort,
    port.externalPolicyLocal,
    port.healthCheckNodePort,
  ])
}
