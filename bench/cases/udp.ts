import type { Meter } from '../../src/traffic/load.ts'
import { CALLED } from '../cluster.ts'
import type { Options, Sample } from '../sample.ts'
import { CLUSTER, measureRequests, simulationOf } from './traffic.ts'

/** Flows that live all the time, over all clients. */
const FLOWS = 20_000

/**
 * C3: a datagram there and one back between pods of two nodes, through a ClusterIP among 10,000 Services: 20,000 flows
 * live, and one request in ten begins a new one. `observed`: somebody is told of every request.
 */
export function udp(options: Options): Sample {
  const requests = Number(options['requests'] ?? 300_000)
  const services = Number(options['services'] ?? CLUSTER.services)
  const common = { from: 'service/clients', to: `udp://${CALLED}:53`, request: 128, response: '1Ki' }
  const spec = {
    duration: '1000s',
    servers: [{ select: 'service/called', serviceTime: '8us', workers: 16 }],
    traffic: [
      { ...common, name: 'flows', rate: '72000/s', connections: { 'keep-alive': { pool: FLOWS / CLUSTER.clients } } },
      { ...common, name: 'fresh', rate: '8000/s' },
    ],
  }
  let slowest = 0
  const observer: Meter = { ended: (request) => (slowest = Math.max(slowest, request.ended - request.start)) }
  const simulation = simulationOf({ ...CLUSTER, services }, spec, options['observed'] === undefined ? {} : { flows: observer, fresh: observer })
  return measureRequests(simulation, 2 * FLOWS, requests)
}
