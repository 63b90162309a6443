import { readInput } from '../../src/simulation/read-input.ts'
import { Simulation } from '../../src/simulation/simulation.ts'
import { timed, type Options, type Sample } from '../sample.ts'

const ROLLED = 500
const CLIENTS = 200

/**
 * A big cluster that changes under load: 100 nodes, 1,000 Services, 5,000 pods; one Deployment of 500 pods rolls out
 * while it answers 20,000 requests a second, each on a connection of its own.
 */
export function rollout(options: Options): Sample {
  const seconds = Number(options['seconds'] ?? 60)
  let simulation: Simulation | undefined
  const time = timed(() => {
    simulation = new Simulation(readInput({ given: [scenario(seconds), ...objects(1000, 5000)] }))
    while (simulation.advance(simulation.world.now + 1e9)) {
      // a simulated second each
    }
  })
  if (simulation === undefined) throw new Error('no simulation was made')
  const { requests, ok } = simulation.traffic[0]?.meter ?? { requests: 0, ok: 0 }
  return {
    seconds,
    ...time,
    requests,
    errors: requests - ok,
    per_cpu_s: requests / time.cpu_s,
    events: simulation.world.agenda.executed,
    rss_mib: process.resourceUsage().maxRSS / 1024,
  }
}

function scenario(seconds: number): object {
  return {
    apiVersion: 'kubehop.dev/v1alpha1',
    kind: 'Scenario',
    metadata: { name: 'rollout' },
    spec: {
      duration: `${seconds}s`,
      cluster: { nodes: 100 },
      servers: [{ select: 'deployment/web', serviceTime: 'exp(2ms)', workers: 16, startup: '1s' }],
      traffic: [{ name: 'app', from: 'deployment/client', to: 'http://svc/web.default:80', rate: '20000/s' }],
      timeline: [{ at: `${seconds / 12}s`, rollout: 'deployment/web' }],
    },
  }
}

/** The Services and Deployments: the one that rolls out, those who ask it, and others that nobody calls. */
function objects(services: number, pods: number): object[] {
  const web = {
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
  }
  const others = Array.from({ length: services - 1 }, (_, i) => i)
  const left = pods - ROLLED - CLIENTS
  const share = (i: number): number => Math.floor(((i + 1) * left) / others.length) - Math.floor((i * left) / others.length)
  return [
    deployment('web', ROLLED, web),
    deployment('client', CLIENTS, {}),
    service('web'),
    ...others.flatMap((i) => [deployment(`other-${i}`, share(i), {}), service(`other-${i}`)]),
  ]
}

function deployment(name: string, replicas: number, container: object): object {
  const labels = { app: name }
  const containers = [{ name, image: name, ports: [{ containerPort: 8080 }], ...container }]
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } } }
}

function service(name: string): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80, targetPort: 8080 }], selector: { app: name } } }
}
