import { readFileSync } from 'node:fs'
import type { EndpointSlice, KubeObject } from '../../../src/cluster/api/object.ts'
import { TIMING } from '../../../src/cluster/timing.ts'
import { assert, suite } from '../../kit.ts'
import { build, pod, podsOf, service, slicesOf, workload } from '../build.ts'

const s = 1e9
const slices = suite('endpoint slices')

const ref = (kind: string, name = 'web') => ({ kind, namespace: 'default', name })
const addresses = (found: EndpointSlice[]) => found.map(({ endpoints }) => endpoints.map((endpoint) => endpoint.addresses[0]))

slices('a ready pod is ready, serving and not terminating, with its node, zone and name', () => {
  const { cluster } = build([pod('web'), service('web')], { nodes: 1, zones: ['a'] })
  const [slice] = slicesOf(cluster, 'web')
  assert.equal(slice?.endpoints, [
    {
      addresses: ['10.244.1.2'],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-1',
      targetRef: { kind: 'Pod', name: 'web', namespace: 'default' },
      zone: 'a',
    },
  ])
  assert.equal(slice?.ports, [{ name: '', port: 8080, protocol: 'TCP' }])
  assert.is(slice?.addressType, 'IPv4')
})

slices('a Service that nobody answers for has one empty slice', () => {
  const [slice, ...more] = slicesOf(build([service('nobody')]).cluster, 'nobody')
  assert.equal([slice?.ports, slice?.endpoints, more], [[], [], []])
})

slices('a named port is found by name and protocol, and pods that mean different numbers are in different slices', () => {
  const containers = (containerPort: number, protocol = 'TCP') => ({ containers: [{ name: 'c', ports: [{ name: 'http', containerPort, protocol }] }] })
  const { cluster } = build(
    [pod('a', containers(80), { app: 'web' }), pod('b', containers(8080), { app: 'web' }), pod('c', containers(80), { app: 'web' }), pod('u', containers(80, 'UDP'), { app: 'web' }), service('web')],
    { nodes: 1 },
  )
  const found = slicesOf(cluster, 'web').map(({ ports, endpoints }) => [ports?.map(({ port }) => port), endpoints.map(({ targetRef }) => targetRef?.name)])
  assert.equal(found, [
    [[80], ['a', 'c']],
    [[8080], ['b']],
    // Without a port that it resolves a pod is an endpoint of nothing.
    [[], ['u']],
  ])
})

slices('a sidecar\'s named port counts, an ordinary init container\'s does not', () => {
  const withInit = (restartPolicy: object) => ({ containers: [{ name: 'c' }], initContainers: [{ name: 'i', ports: [{ name: 'http', containerPort: 99 }], ...restartPolicy }] })
  const { cluster } = build([pod('a', withInit({ restartPolicy: 'Always' }), { app: 'web' }), pod('b', withInit({}), { app: 'web' }), service('web')])
  assert.equal(slicesOf(cluster, 'web').map(({ ports }) => ports?.map(({ port }) => port)), [[99], []])
})

slices('publishNotReadyAddresses makes everybody ready', () => {
  const notReady: KubeObject = { ...pod('web'), status: { phase: 'Running', podIP: '10.244.1.9', conditions: [{ type: 'Ready', status: 'False' }] } }
  const conditions = (publishNotReadyAddresses: boolean) => slicesOf(build([notReady, service('web', { publishNotReadyAddresses })]).cluster, 'web')[0]?.endpoints[0]?.conditions
  assert.equal(conditions(false), { ready: false, serving: false, terminating: false })
  assert.equal(conditions(true), { ready: true, serving: false, terminating: false })
})

slices('a pod that has ended is no endpoint', () => {
  const ended: KubeObject = { ...pod('web'), status: { phase: 'Succeeded', podIP: '10.244.1.9', conditions: [] } }
  assert.equal(addresses(slicesOf(build([ended, service('web')]).cluster, 'web')), [[]])
})

slices('a slice has at most a hundred endpoints', () => {
  const { cluster } = build([workload('Deployment', 'web', { replicas: 250 }), service('web')])
  assert.equal(slicesOf(cluster, 'web').map(({ endpoints }) => endpoints.length), [100, 100, 50])
})

slices('the slices of a headless Service say so, and carry the Service\'s labels', () => {
  const { cluster } = build([service('web', { clusterIP: 'None' }, { labels: { 'service.kubernetes.io/service-proxy-name': 'other' } })])
  assert.equal(slicesOf(cluster, 'web')[0]?.metadata.labels, {
    'service.kubernetes.io/service-proxy-name': 'other',
    'service.kubernetes.io/headless': '',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': 'web',
  })
})

slices('pods of a StatefulSet have their hostname in the slices of its Service, and of no other', () => {
  const { cluster } = build([workload('StatefulSet', 'db', { serviceName: 'db', replicas: 2 }), service('db', { clusterIP: 'None' }), service('other', { selector: { app: 'db' } })])
  const hostnames = (name: string) => slicesOf(cluster, name)[0]?.endpoints.map(({ hostname }) => hostname)
  assert.equal(hostnames('db'), ['db-0', 'db-1'])
  assert.equal(hostnames('other'), [undefined, undefined])
})

slices('endpoints that stay keep their slice and place, and a deleted Service takes its slices along', () => {
  const { cluster, agenda } = build([workload('Deployment', 'web', { replicas: 3 }), service('web')])
  const [before] = slicesOf(cluster, 'web')
  const gone = podsOf(cluster)[1]!
  cluster.delete(ref('Pod', gone.metadata.name))
  agenda.run(60 * s)
  const [after] = slicesOf(cluster, 'web')
  assert.is(after?.metadata.name, before?.metadata.name)
  const kept = before?.endpoints.map(({ targetRef }) => targetRef?.name).filter((name) => name !== gone.metadata.name)
  assert.equal(after?.endpoints.map(({ targetRef }) => targetRef?.name).slice(0, 2), kept)
  assert.is(after?.endpoints.length, 3)
  cluster.delete(ref('Service'))
  assert.is(cluster.store.count('EndpointSlice'), 0)
})

slices('a pod\'s readiness reaches a watcher of its slice as fast as it was measured to', () => {
  const measured: { ms_after_write_returns: { p50: number } } = JSON.parse(readFileSync('test/vectors/propagation.json', 'utf8'))
  const { cluster, agenda } = build([service('web')])
  cluster.apply(pod('web'))
  let readyAt = 0
  let seenAt = 0
  cluster.lifecycle.listen({ ready: () => void (readyAt = agenda.now) })
  cluster.store.watch('EndpointSlice', ({ after }) => {
    if (after?.endpoints[0]?.conditions?.ready) seenAt = agenda.now + TIMING.watch
  })
  agenda.run(10 * s)
  assert.is((seenAt - readyAt) / 1e6, Math.round(measured.ms_after_write_returns.p50 * 10) / 10)
})

const hints = suite('topology hints')

const zones = { nodes: 2, zones: ['a', 'b'] }
const hinted = (objects: KubeObject[], options: object = zones, name = 'web') =>
  slicesOf(build(objects, options).cluster, name).flatMap(({ endpoints }) => endpoints.map((endpoint) => [endpoint.zone, endpoint.hints]))

hints('trafficDistribution hints each ready endpoint for its own zone, and for its node if asked', () => {
  const web = workload('Deployment', 'web', { replicas: 2 })
  const zone = (name: string) => [name, { forZones: [{ name }] }]
  for (const trafficDistribution of ['PreferClose', 'PreferSameZone']) {
    assert.equal(hinted([web, service('web', { trafficDistribution })]).sort(), [zone('a'), zone('b')])
  }
  assert.equal(hinted([web, service('web', { trafficDistribution: 'PreferSameNode' })]).sort(), [
    ['a', { forZones: [{ name: 'a' }], forNodes: [{ name: 'node-1' }] }],
    ['b', { forZones: [{ name: 'b' }], forNodes: [{ name: 'node-2' }] }],
  ])
  assert.equal(hinted([web, service('web')]).map(([, none]) => none), [undefined, undefined])
  assert.equal(hinted([web, service('web', { trafficDistribution: 'PreferClose' })], { nodes: 2 }).map(([, none]) => none), [undefined, undefined])
})

const auto = { annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } }

hints('topology-mode Auto lends endpoints from the zone that has too many', () => {
  const pods = Array.from({ length: 4 }, (_, i) => pod(`w${i}`, { nodeName: i < 3 ? 'node-1' : 'node-2' }, { app: 'web' }))
  const serves = hinted([...pods, service('web', {}, auto)]).map(([zone, hint]) => [zone, (hint as { forZones: { name: string }[] }).forZones[0]?.name])
  assert.equal(serves, [['a', 'b'], ['a', 'a'], ['a', 'a'], ['b', 'b']])
})

hints('topology-mode Auto gives no hints where shares cannot be fair, or zones are not known', () => {
  const one = pod('w', {}, { app: 'web' })
  assert.equal(hinted([one, service('web', {}, auto)]).map(([, none]) => none), [undefined])
  const four = workload('Deployment', 'web', { replicas: 4 })
  assert.equal(new Set(hinted([four, service('web', {}, auto)], { nodes: 2 }).map(([, none]) => none)), new Set([undefined]))
  // Three zones and four endpoints: a zone with one endpoint would carry 4/3 of its share.
  assert.equal(new Set(hinted([four, service('web', {}, auto)], { nodes: 3, zones: ['a', 'b', 'c'] }).map(([, none]) => none)), new Set([undefined]))
})

const mirrored = suite('mirrored endpoints')

const endpoints = (name: string, subsets: object[]): KubeObject => ({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name }, subsets })
const subset = { addresses: [{ ip: '192.0.2.1' }], notReadyAddresses: [{ ip: '192.0.2.2' }], ports: [{ name: 'http', port: 8080 }] }

mirrored('a Service without a selector has slices of its Endpoints object, and follows its changes', () => {
  const external = service('ext')
  const { selector: _, ...spec } = external.spec as { selector?: object }
  const { cluster, agenda } = build([{ ...external, spec }, endpoints('ext', [subset])])
  const [slice] = slicesOf(cluster, 'ext')
  assert.equal(slice?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }])
  assert.equal(slice?.endpoints.map((endpoint) => [endpoint.addresses[0], endpoint.conditions?.ready]), [['192.0.2.1', true], ['192.0.2.2', false]])
  cluster.apply(endpoints('ext', [{ ...subset, addresses: [{ ip: '192.0.2.9' }] }]))
  agenda.run(1 * s)
  assert.equal(addresses(slicesOf(cluster, 'ext')), [['192.0.2.9', '192.0.2.2']])
})

mirrored('a dump that has Endpoints but no slices is served by them, until its pods change', () => {
  const { cluster, agenda } = build([service('web'), endpoints('web', [subset])])
  assert.equal(addresses(slicesOf(cluster, 'web')), [['192.0.2.1', '192.0.2.2']])
  cluster.apply(pod('web'))
  agenda.run(10 * s)
  assert.equal(addresses(slicesOf(cluster, 'web')), [[podsOf(cluster)[0]?.status.podIP]])
})

slices.run()
hints.run()
mirrored.run()
