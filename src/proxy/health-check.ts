import type { ProxyConfig } from './config.ts'
import { type NodePortAddresses, type ProxyNode, nodePortAddressesOf } from './node.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'

/** A port on which kube-proxy itself tells load balancers whether to send a Service's traffic to this node. */
export interface HealthCheck {
  /** `namespace/name`. */
  readonly service: string
  readonly port: number
  readonly addresses: NodePortAddresses
  /** Ready endpoints on the node, each address once; the answer is 200 if there are any, else 503. */
  readonly localEndpoints: number
}

/**
 * The health check ports of a node (pkg/proxy/healthcheck/service_health.go). What drains does not count, so balancers
 * turn away while the node still forwards to it.
 */
export function healthChecksOf(snapshot: ServiceSnapshot, config: ProxyConfig, node: ProxyNode): HealthCheck[] {
  const checks = new Map<string, { port: number; ready: Set<number> }>()
  for (const port of snapshot.servicePorts) {
    if (port.healthCheckNodePort === 0) continue
    const check = checks.get(port.service) ?? { port: port.healthCheckNodePort, ready: new Set<number>() }
    checks.set(port.service, check)
    for (const endpoint of port.endpoints) if (endpoint.ready && endpoint.nodeName === node.nodeName) check.ready.add(endpoint.address)
  }
  const addresses = nodePortAddressesOf(config, node)
  return [...checks].map(([service, { port, ready }]) => ({ service, port, addresses, localEndpoints: ready.size }))
}
