import type { Report } from '../../src/report/report.ts'
import { simulate } from '../../src/index.ts'
import { assert, suite } from '../kit.ts'

/** A Service `web` that a client calls all the time; what happens to it is each test's. */

interface Wanted {
  timeline: object[]
  replicas?: number
  /** Of web's container. */
  container?: object
  server?: object
  traffic?: object
  spec?: object
  more?: object[]
}

function workload(name: string, replicas: number, container: object = {}, template: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 8080 }], ...container }], ...template } },
    },
  }
}

const READINESS = { readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 } }

function run({ timeline, replicas = 4, container = {}, server = {}, traffic = {}, spec = {}, more = [] }: Wanted): Report {
  const scenario = {
    apiVersion: 'kubehop.dev/v1alpha1',
    kind: 'Scenario',
    metadata: { name: 'changes' },
    spec: {
      duration: '20s',
      cluster: { nodes: 3 },
      servers: [{ select: 'deployment/web', serviceTime: '2ms', workers: 100, ...server }],
      traffic: [{ name: 'app', from: 'deployment/client', to: 'http://svc/web:80', rate: '300/s', ...traffic }],
      timeline,
      ...spec,
    },
  }
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] } }
  return simulate([scenario, workload('web', replicas, { ...READINESS, ...container }), service, workload('client', 3), ...more])
}

function failed({ traffic }: Report, name = 'app'): number {
  const { requests, ok } = traffic[name]!
  return requests - ok
}

function preStop(seconds: number): object {
  return { lifecycle: { preStop: { sleep: { seconds } } } }
}

const ROLLOUT = [{ at: '5s', rollout: 'deployment/web' }]

const rollouts = suite('rollouts under load')

rollouts('pods that end at once are still named by rules: some requests fail, all of them while nodes did not know', () => {
  const report = run({ timeline: ROLLOUT })
  assert.ok(failed(report) > 5, `${failed(report)} failed`)
  assert.ok(Object.values(report.timeline?.nodes ?? {}).some(({ stale_ns }) => stale_ns > 0))
})

rollouts('a preStop sleep that outlasts the slowest node leaves no error', () => {
  const report = run({ timeline: ROLLOUT, container: preStop(3) })
  assert.equal([failed(report), Object.values(report.timeline?.nodes ?? {}).map(({ stale_ns }) => stale_ns)], [0, [0, 0, 0]])
})

rollouts('every pod is replaced, and the new ones answer', () => {
  const { backends } = run({ timeline: ROLLOUT, container: preStop(3) }).traffic['app']!
  assert.is(Object.keys(backends).length, 8)
})

rollouts('a process that is slow to start, without a readiness probe, refuses its first connections', () => {
  const slow = { server: { startup: '3s' }, container: { ...preStop(3), readinessProbe: undefined } }
  assert.ok((run({ timeline: ROLLOUT, ...slow }).traffic['app']?.errors['connection refused (tcp RST)'] ?? 0) > 0)
  assert.is(failed(run({ timeline: ROLLOUT, server: { startup: '3s' }, container: preStop(3) })), 0)
})

rollouts('a process that drains finishes what it has begun; one that does not cuts it off', () => {
  const busy = { serviceTime: '400ms' }
  const cut = run({ timeline: ROLLOUT, server: busy, container: preStop(3), traffic: { rate: '50/s' } })
  assert.ok((cut.traffic['app']?.errors['closed-without-data'] ?? 0) === 0, 'after the sleep nothing is under way')
  const without = (onSigterm: string) => run({ timeline: ROLLOUT, server: { ...busy, onSigterm }, traffic: { rate: '50/s' } }).traffic['app']?.errors['closed-without-data'] ?? 0
  assert.ok(without('close') > 0)
  assert.is(without('drain'), 0)
})

rollouts('connections that stay open follow their pod to its end, and new replicas stay idle', () => {
  const pinned = run({ timeline: [{ at: '5s', scale: 'deployment/web', replicas: 12 }], replicas: 2, traffic: { connections: { 'keep-alive': { pool: 4 } } } })
  assert.is(Object.keys(pinned.traffic['app']!.backends).length, 2)
  const renewed = run({ timeline: [{ at: '5s', scale: 'deployment/web', replicas: 12 }], replicas: 2, traffic: { connections: { 'keep-alive': { pool: 4, maxAge: '2s' } } } })
  assert.ok(Object.keys(renewed.traffic['app']!.backends).length > 8)
})

rollouts('new replicas of the callers begin to call, and those that end hand over', () => {
  const grown = run({ timeline: [{ at: '5s', scale: 'deployment/client', replicas: 9 }], spec: { cluster: { nodes: 9 } } })
  assert.is(Object.values(grown.nodes).filter(({ conntrack }) => conntrack.insert > 0).length, 9)
  const shrunk = run({ timeline: [{ at: '5s', scale: 'deployment/client', replicas: 0 }], traffic: { arrivals: 'constant' } })
  assert.is(Math.round((shrunk.traffic['app']?.requests ?? 0) / 300), 5)
})

rollouts.run()

const failures = suite('failures')

/** Failed requests of those that began between two seconds. */
function failedBetween({ timeline }: Report, from: number, to: number, kinds = /./): number {
  const intervals = timeline!.intervals['app']!.filter(({ start_ns }) => start_ns >= from * 1e9 && start_ns < to * 1e9)
  return intervals.reduce((sum, { errors }) => sum + Object.entries(errors).reduce((all, [kind, count]) => all + (kinds.test(kind) ? count : 0), 0), 0)
}

failures('a node without power: requests to its pods time out; when it is back they are refused until its pods have started up', () => {
  const report = run({ timeline: [{ at: '5s', fail: 'node/node-2', for: '5s' }], traffic: { from: 'node/node-1' } })
  assert.is(failedBetween(report, 0, 4) + failedBetween(report, 13, 20, /refused/), 0)
  assert.ok(failedBetween(report, 5, 10, /timeout/) > 100)
  assert.is(failedBetween(report, 5, 9, /refused/), 0)
  assert.ok(failedBetween(report, 10, 13, /refused/) > 0)
})

failures('a node that reboots has neither rules nor connections until its kube-proxy has started', () => {
  const report = run({ timeline: [{ at: '5s', fail: 'node/node-1', how: 'panic', for: '3s' }], traffic: { from: 'node/node-1' } })
  const requests = report.timeline!.intervals['app']!.filter(({ start_ns }) => start_ns >= 5.5e9 && start_ns < 8e9)
  assert.equal(requests.map((interval) => interval.requests), requests.map(() => 0), 'nobody asks while it is off')
  assert.ok(failedBetween(report, 8, 13) > 1000)
  assert.is(failedBetween(report, 14, 17), 0)
})

failures('a source port that is used again soon meets what conntrack remembers of the time without rules', () => {
  const report = run({ timeline: [{ at: '5s', fail: 'node/node-1', how: 'panic', for: '3s' }], traffic: { from: 'node/node-1', timeout: '1s' }, spec: { duration: '40s' } })
  assert.ok(failedBetween(report, 17, 40, /timeout/) > 0)
})

failures('a kube-proxy that starts looks through conntrack: UDP senders that were faster than its rules find their pods', () => {
  const statsd = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'statsd', labels: { app: 'statsd' } }, spec: { nodeName: 'node-2', containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 8125, protocol: 'UDP' }] }] } }
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'statsd' }, spec: { selector: { app: 'statsd' }, ports: [{ port: 8125, protocol: 'UDP' }] } }
  const traffic = [{ name: 'app', from: 'node/node-1', to: 'udp://svc/statsd:8125', rate: '10/s', arrivals: 'constant', connections: 'keep-alive', timeout: '500ms' }]
  const report = run({ timeline: [{ at: '5s', fail: 'node/node-1', how: 'panic', for: '1s' }], spec: { traffic }, more: [statsd, service] })
  assert.ok(failedBetween(report, 6, 11) > 40)
  assert.is(failedBetween(report, 12, 20), 0)
})

failures('behind a cut cable pods of the same node still reach each other, others do not', () => {
  const pinned = { ...workload('local', 1, {}, { nodeName: 'node-1' }) }
  const near = { ...workload('near', 1, {}, { nodeName: 'node-1' }) }
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'near' }, spec: { selector: { app: 'near' }, ports: [{ port: 80, targetPort: 8080 }] } }
  const traffic = [
    { name: 'inside', from: 'deployment/local', to: 'http://svc/near:80', rate: '50/s' },
    { name: 'outside', from: 'deployment/client', to: 'http://svc/near:80', rate: '50/s' },
  ]
  const report = run({ timeline: [{ at: '5s', fail: 'link/node-1', for: '5s' }], spec: { traffic }, more: [pinned, near, service] })
  assert.is(failed(report, 'inside'), 0)
  assert.ok(failed(report, 'outside') > 100)
})

failures('nodes of one part reach each other and nobody else', () => {
  const report = run({ timeline: [{ at: '5s', partition: ['node/node-1', 'node/node-2'], for: '5s' }] })
  assert.ok(failed(report) > 100)
  assert.equal(report.timeline?.events.map(({ at_ns }) => at_ns), [5e9, 10e9])
})

failures('a crashed process refuses connections until its kubelet has started it again', () => {
  const single = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' }, spec: { replicas: 1, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 8080 }] }] } } } }
  const report = run({ timeline: [{ at: '5s', fail: 'pod/db-0', for: '4s' }], spec: { traffic: [{ name: 'app', from: 'deployment/client', to: 'http://pod/db-0:8080', rate: '100/s' }] }, more: [single] })
  const { errors, requests, ok } = report.traffic['app']!
  assert.ok(requests - ok > 350 && requests - ok < 450, `${requests - ok} failed`)
  assert.ok((errors['connection refused (tcp RST)'] ?? 0) > 300)
})

failures('a node that is back after a power failure gets no requests before its pods have answered their probes', () => {
  const report = run({ timeline: [{ at: '5s', fail: 'node/node-2', for: '2s' }], server: { startup: '4s' }, traffic: { from: 'node/node-1', timeout: '1s' } })
  assert.ok(failedBetween(report, 5, 7, /timeout/) > 100)
  assert.is(failedBetween(report, 9, 20), 0)
})

failures('a process that ends again and again rests ten seconds, then twenty, before its kubelet starts it', () => {
  const single = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db' }, spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 8080 }] }] } }
  const timeline = ['5s', '20s'].map((at) => ({ at, fail: 'pod/db' }))
  const report = run({ timeline, spec: { duration: '50s', traffic: [{ name: 'app', from: 'deployment/client', to: 'http://pod/db:8080', rate: '20/s' }] }, more: [single] })
  assert.is(failedBetween(report, 9, 20), 0)
  assert.ok(failedBetween(report, 21, 30) > 100)
  assert.is(failedBetween(report, 34, 50), 0)
})

failures('what comes to nothing says why', () => {
  const timeline = [
    { at: '5s', fail: 'node/node-2', how: 'network', for: '5s' },
    { at: '6s', partition: ['node/node-3'], for: '1s' },
    { at: '7s', delete: 'pod/web-7d4b9c-x2x9k' },
    { at: '8s', fail: 'nodelocal/node-1' },
  ]
  const said = run({ timeline }).timeline!.events.map(({ what }) => what)
  assert.equal(said, [
    'node/node-2 fails (network) for 5 s',
    'partition of node-3',
    'delete pod/default/web-7d4b9c-x2x9k: there is nothing of that name',
    'the partition is over',
    'nodelocal/node-1 fails: no NodeLocal DNSCache runs there',
    'node/node-2 is back',
  ])
})

failures('a caller that is born when its target is gone finds nobody to ask, and the run goes on', () => {
  const timeline = [{ at: '5s', delete: 'service/web' }, { at: '6s', rollout: 'deployment/client' }]
  for (const to of ['http://svc/web:80', 'http://$WEB_SERVICE_HOST:$WEB_SERVICE_PORT']) {
    const report = run({ timeline, traffic: { to, timeout: '1s' } })
    assert.ok(failedBetween(report, 9, 20, /^name not resolved$/) > 1000, to)
    assert.is(report.simulated_ns, 20e9)
  }
})

failures('the control plane is as patient, and batches as long, as its flags say', () => {
  /** How long node-1's rules name a dead node's pods, in seconds. */
  const stale = (controlPlane: object) => {
    const report = run({ timeline: [{ at: '5s', fail: 'node/node-2' }], traffic: { from: 'node/node-1', rate: '10/s' }, spec: { duration: '80s', cluster: { nodes: 3, controlPlane } } })
    return report.timeline!.nodes['node-1']!.stale_ns / 1e9
  }
  const watchful = stale({ nodeMonitorGracePeriod: '20s' })
  assert.ok(watchful > 10 && watchful < 26, `${watchful} s`)
  const usual = stale({})
  assert.ok(usual > 40 && usual < 56, `${usual} s`)
  assert.is(Math.round(stale({ nodeMonitorGracePeriod: '20s', endpointUpdatesBatchPeriod: '5s' }) - watchful), 5)
})

failures('loss is everywhere or on one cable, and ends', () => {
  const everywhere = run({ timeline: [{ at: '5s', loss: '20%', for: '2s' }] })
  assert.ok((everywhere.drops['lost on the wire'] ?? 0) > 100)
  const report = run({ timeline: [{ at: '5s', loss: '20%', on: 'link/node-3', for: '2s' }] })
  assert.ok((report.drops['lost on the wire'] ?? 0) < (everywhere.drops['lost on the wire'] ?? 0))
})

failures('a smaller conntrack table takes no new connections, on the node where it was set', () => {
  const report = run({ timeline: [{ at: '5s', set: { 'net.netfilter.nf_conntrack_max': 200 }, node: 'node/node-1' }] })
  const dropped = (name: string) => report.nodes[name]!.conntrack.drop + report.nodes[name]!.conntrack.early_drop
  assert.ok(dropped('node-1') > 0)
  assert.is(dropped('node-2'), 0)
})

failures.run()

const edges = suite('load balancers in front of nodes that change')

const LOCAL = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'edge' },
  spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', selector: { app: 'edge' }, ports: [{ port: 80, targetPort: 8080 }] },
}

function edgeRun(interval: string, container: object): Report {
  return run({
    timeline: [{ at: '5s', drain: 'node/node-2' }],
    spec: {
      cluster: { nodes: 3, loadBalancer: { pool: ['192.0.2.0/28'], healthCheck: { interval, timeout: '1s', unhealthy: 2, healthy: 1 } } },
      traffic: [{ name: 'app', from: 'client/client', to: 'http://svc/edge:80', rate: '200/s' }],
    },
    more: [workload('edge', 3, { ...READINESS, ...container }, { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'edge' } } }] }), LOCAL],
  })
}

edges('a drained node gets packets until its health check has failed often enough', () => {
  const slow = failed(edgeRun('3s', {}))
  const quick = failed(edgeRun('500ms', {}))
  assert.ok(slow > quick && quick > 0, `${slow} and ${quick} failed`)
  assert.is(failed(edgeRun('1s', preStop(6))), 0)
})

edges('a dead node is left alone after so many checks without an answer', () => {
  const cluster = { nodes: 3, loadBalancer: { pool: ['192.0.2.0/28'], healthCheck: { interval: '1s', timeout: '500ms', unhealthy: 2 } } }
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'open' }, spec: { type: 'LoadBalancer', selector: { app: 'edge' }, ports: [{ port: 80, targetPort: 8080 }] } }
  const report = run({
    timeline: [{ at: '5s', fail: 'node/node-3' }],
    spec: { cluster, traffic: [{ name: 'app', from: 'client/client', to: 'http://svc/open:80', rate: '200/s' }] },
    more: [workload('edge', 2, {}, { nodeName: 'node-1' }), service],
  })
  const intervals = report.timeline!.intervals['app']!.filter(({ requests, ok }) => requests > ok)
  assert.equal([intervals[0]!.start_ns, intervals.at(-1)!.start_ns < 8e9], [5e9, true])
})

edges.run()

const repeated = suite('the same scenario again')

repeated('has the same fingerprint, whatever happens in it', () => {
  const wanted: Wanted = { timeline: [...ROLLOUT, { at: '7s', fail: 'node/node-2', for: '2s' }, { at: '8s', loss: '1%', for: '1s' }, { at: '9s', scale: 'deployment/client', replicas: 5 }] }
  const [first, second] = [run(wanted), run(wanted)]
  assert.equal(first, second)
})

repeated('zones far apart cost their delay', () => {
  const latency = (zoneDelay: string) => {
    const { latency_ns } = run({ timeline: [], spec: { cluster: { nodes: 2, zones: ['a', 'b'], network: { zoneDelay } } } }).traffic['app']!
    return 'max' in latency_ns ? latency_ns.max : 0
  }
  assert.is(Math.round((latency('1ms') - latency('0')) / 1e6), 4)
})

repeated('a node that has booted answers on its health port once its kube-proxy runs again', () => {
  const report = run({
    timeline: [{ at: '5s', fail: 'node/node-3', for: '2s' }],
    traffic: { to: 'tcp://node/node-3:10256', rate: '50/s', timeout: '500ms' },
    spec: { duration: '20s', expect: ['app[1s..4s].errors == 0', 'app[8s..11s].error_rate == 100%', 'app[13s..].errors == 0'] },
  })
  assert.equal(report.expectations.filter(({ ok }) => !ok), [])
})

repeated('connections that a listener has no room for are counted where they are dropped', () => {
  const report = run({ timeline: [], replicas: 1, server: { serviceTime: '500ms', workers: 1, backlog: 2 }, traffic: { rate: '100/s', timeout: '3s' }, spec: { duration: '4s' } })
  const dropped = report.drops['listen queue full'] ?? 0
  assert.ok(dropped > 100, `${dropped} were dropped`)
  assert.is(Object.values(report.nodes).reduce((sum, { drops }) => sum + (drops['listen queue full'] ?? 0), 0), dropped)
})

repeated.run()
