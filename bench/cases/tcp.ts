import { CALLED } from '../cluster.ts'
import type { Options, Sample } from '../sample.ts'
import { CLUSTER, measureRequests, simulationOf } from './traffic.ts'

/** C4: 20 clients, each with one short connection after the other (connect, 1 KB, 4 KB, close), through the same ClusterIP. */
export function tcp(options: Options): Sample {
  const connections = Number(options['connections'] ?? 20_000)
  const services = Number(options['services'] ?? CLUSTER.services)
  const simulation = simulationOf({ ...CLUSTER, services }, {
    duration: '1000s',
    traffic: [{ name: 'short', from: 'service/clients', to: `tcp://${CALLED}:80`, users: 20, request: '1Ki', response: '4Ki' }],
  })
  return measureRequests(simulation, 10_000, connections)
}
