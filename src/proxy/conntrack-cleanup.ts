import type { Address } from '../kernel/address.ts'
import { UDP } from '../kernel/packet.ts'
import type { ServiceChange, ServiceSnapshot } from './service-snapshot.ts'

/** What of a UDP conntrack entry decides whether it is stale: where the first packet went, and who answers it. */
export interface UdpFlow {
  readonly destination: Address
  readonly destinationPort: number
  readonly replySource: Address
}

/** Does kube-proxy look through conntrack after it has programmed changes of these Services' endpoints? Only where UDP is concerned. */
export function needsCleanup(changes: Iterable<Pick<ServiceChange, 'servicePorts'>>): boolean {
  for (const { servicePorts } of changes) if (servicePorts.some((port) => port.protocol.number === UDP)) return true
  return false
}

/**
 * Tells which UDP flows kube-proxy deletes, because they go to a Service but not to one of its serving endpoints; without
 * that, a client that keeps sending would never leave a dead pod (pkg/proxy/conntrack/cleanup.go). The code's own quirks
 * are kept: of several UDP ports on one address only one counts (here the last by name), and a NodePort's number is
 * taken for the Service's on whatever address.
 */
export function staleUdpFlow(snapshot: ServiceSnapshot): (flow: UdpFlow) => boolean {
  const byAddress = new Map<Address, ReadonlySet<Address>>()
  const byNodePort = new Map<number, ReadonlySet<Address>>()
  for (const port of snapshot.servicePorts) {
    if (port.protocol.number !== UDP) continue
    const serving = new Set(port.endpoints.filter((endpoint) => endpoint.serving).map((endpoint) => endpoint.address))
    for (const address of [port.clusterIP, ...port.loadBalancerVIPs, ...port.externalIPs]) byAddress.set(address, serving)
    if (port.nodePort !== 0) byNodePort.set(port.nodePort, serving)
  }
  return ({ destination, destinationPort, replySource }) =>
    byAddress.get(destination)?.has(replySource) === false || byNodePort.get(destinationPort)?.has(replySource) === false
}
