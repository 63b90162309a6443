import { healthChecksOf } from '../../proxy/health-check.ts'
import { Server } from '../../traffic/server.ts'
import type { SimulatedNode } from '../machines/node.ts'
import type { Ground } from '../ground.ts'
import type { Proxies } from './proxies.ts'

/** kube-proxy's own health port (`healthzBindAddress`), which balancers ask for Services with the Cluster policy. */
const HEALTHZ = 10256

/**
 * The ports on which kube-proxy itself listens on a node: its health, and the health check port of every Service with
 * externalTrafficPolicy Local. Whether they say 200 or 503, they answer.
 */
export function startHealthPorts(ground: Ground, proxies: Proxies, node: SimulatedNode): void {
  const settings = { serviceTime: () => 0, workers: Number.POSITIVE_INFINITY, backlog: 4096, response: undefined, speaksFirst: false }
  const server = new Server(ground.agenda, node.stack, node.facts.name, settings)
  server.listen('TCP', HEALTHZ)
  for (const { port } of healthChecksOf(proxies.snapshot, ground.proxyConfig, proxies.proxyNode(node))) server.listen('TCP', port)
}
