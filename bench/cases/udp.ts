import { CALLED } from '../cluster.ts'
import type { Sample } from '../sample.ts'
import { CLUSTER, measureRequests, simulationOf } from './traffic.ts'

/** Flows that live all the time, over all clients. */
const FLOWS = 20_000

/**
 * C3: a datagram there and one back between pods of two nodes, through a ClusterIP among 10,000 Services: 20,000 flows
 * live, and one request in ten begins a new one.
 */
export function udp(options: Readonly<Record<string, string>>): Sample {
  const requests = Number(options['requests'] ?? 300_000)
  const services = Number(options['services'] ?? CLUSTER.services)
  const common = { from: 'service/clients', to: `udp://${CALLED}:53`, request: 128, response: '1Ki' }
  const simulation = simulationOf({ ...CLUSTER, services }, {
    duration: '1000s',
    servers: [{ select: 'service/called', serviceTime: '8us', workers: 16 }],
    traffic: [
      { ...common, name: 'flows', rate: `${80000 * (1 - Number(options['fresh'] ?? 0.1))}/s`, connections: { 'keep-alive': { pool: Number(options['flows'] ?? FLOWS) / CLUSTER.clients } } },
      { ...common, name: 'fresh', rate: `${80000 * Number(options['fresh'] ?? 0.1)}/s` },
    ],
  })
  return measureRequests(simulation, 2 * FLOWS, requests)
}
