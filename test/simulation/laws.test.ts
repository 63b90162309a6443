import fc from 'fast-check'
import { assert, suite } from '../kit.ts'
import { packetsInUse } from '../../src/kernel/packet.ts'
import { loadInput } from '../../src/scenario/load.ts'
import { Simulation } from '../../src/simulation/simulation.ts'
import { reportOf } from '../../src/simulation/result.ts'

const laws = suite('laws of the simulation')

/** Small clusters with all kinds of wires and traffic, from good to hopeless. */
const scenario = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }).map(String),
  pods: fc.constantFrom('ptp', 'bridge', 'sriov'),
  routing: fc.constantFrom('host-gw', 'vxlan', 'ipip'),
  loss: fc.constantFrom('0', '2%', '20%'),
  jitter: fc.constantFrom('0', '200us'),
  replicas: fc.integer({ min: 0, max: 3 }),
  conntrackMax: fc.constantFrom(8, 100_000),
  scheme: fc.constantFrom('tcp', 'udp', 'icmp'),
  connections: fc.constantFrom('per-request', 'keep-alive'),
  rate: fc.constantFrom('200/s', '5000/s'),
  response: fc.constantFrom('100', '100Ki'),
  target: fc.constantFrom('svc/web.default:80', '10.96.77.77:80', 'node/node-1:30080'),
})

type Parameters = typeof scenario extends fc.Arbitrary<infer T> ? T : never

function inputOf(p: Parameters) {
  const to = p.scheme === 'icmp' ? 'icmp://svc/web.default' : `${p.scheme}://${p.target}`
  const { scenario: parsed, objects, proxy, complaints } = loadInput({
    given: [
      {
        apiVersion: 'kubehop.dev/v1alpha1',
        kind: 'Scenario',
        metadata: { name: 'law' },
        spec: {
          seed: p.seed,
          duration: '200ms',
          cluster: { network: { pods: p.pods, routing: p.routing, loss: p.loss, jitter: p.jitter }, sysctls: { 'net.netfilter.nf_conntrack_max': p.conntrackMax } },
          servers: [{ select: 'deployment/web', serviceTime: 'exp(300us)', workers: 1, backlog: 4, response: p.response }],
          traffic: [{ name: 'app', from: 'deployment/app', to, rate: p.rate, connections: p.connections, timeout: '300ms' }],
        },
      },
      deployment('web', p.replicas, [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }]),
      deployment('app', 2, []),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ name: 'tcp', port: 80, nodePort: 30080 }, { name: 'udp', port: 80, nodePort: 30080, protocol: 'UDP' }] },
      },
    ],
  })
  if (parsed === undefined) throw new Error(complaints[0]?.message)
  return { scenario: parsed, objects, proxyDocument: proxy }
}

function deployment(name: string, replicas: number, ports: object[]): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: name, ports }] } } },
  }
}

function run(p: Parameters): Simulation {
  const simulation = new Simulation(inputOf(p))
  while (simulation.advance(simulation.end)) {
    // to the end
  }
  return simulation
}

laws('every packet ends exactly once: received, dropped with a reason, or still on its way', () => {
  fc.assert(
    fc.property(scenario, (p) => {
      const before = packetsInUse()
      const { world } = run(p)
      // Connections that are still open go on for a while; nothing may be lost or given back twice meanwhile.
      world.agenda.run(world.now + 300e9)
      assert.is(packetsInUse(), before)
    }),
    { seed: 7, numRuns: 60 },
  )
})

laws('every request ends exactly once, answered or failed', () => {
  fc.assert(
    fc.property(scenario, (p) => {
      const simulation = run(p)
      for (const { requests, meter } of simulation.traffic) {
        assert.is(requests.pending, 0)
        const failed = [...meter.errors.values()].reduce((sum, count) => sum + count, 0)
        assert.is(meter.ok + failed, meter.requests)
      }
    }),
    { seed: 8, numRuns: 40 },
  )
})

laws('the same seed gives the same report, byte for byte, however the run is cut into slices', () => {
  fc.assert(
    fc.property(scenario, fc.integer({ min: 1, max: 50 }), fc.constantFrom(1, 7, 1000, Number.POSITIVE_INFINITY), (p, slices, most) => {
      const whole = JSON.stringify(reportOf(run(p)))
      const sliced = new Simulation(inputOf(p))
      while (sliced.advance(sliced.world.now + Math.ceil(sliced.end / slices), most)) {
        // slice by slice
      }
      assert.is(JSON.stringify(reportOf(sliced)), whole)
    }),
    { seed: 9, numRuns: 15 },
  )
})

laws.run()
