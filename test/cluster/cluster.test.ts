import { admit } from '../../src/cluster/api/admission.ts'
import { isReady, type Kind, type KubeObject } from '../../src/cluster/api/object.ts'
import { assert, suite } from '../kit.ts'
import { build, readObjects, service, workload } from './build.ts'

const cluster = suite('cluster')

const apps = readObjects('cluster/apps.yaml')
const dump = readObjects('cluster/dump.yaml')
const lab = readObjects('lab-objects.yaml')

cluster('a dump of a live cluster is taken as it is', () => {
  const { store, problems } = build(dump).cluster
  assert.equal(problems, [])
  for (const document of dump) {
    const { namespace = '', name = '' } = document.metadata ?? {}
    const given = admit(document, '')
    const stored = { ...store.get(document.kind as Kind, namespace, name) } as { spec?: unknown; status?: object; endpoints?: unknown }
    const { spec, endpoints } = given as typeof stored
    assert.equal(stored.spec, spec, `${document.kind} ${name}`)
    assert.equal(stored.endpoints, endpoints, `${document.kind} ${name}`)
    // A count that release 1.20 did not keep may be added; what it wrote stays.
    assert.equal({ ...stored.status, ...(document.status as object | undefined) }, stored.status ?? {}, `${document.kind} ${name}`)
  }
  assert.is(store.count('Pod'), dump.filter(({ kind }) => kind === 'Pod').length)
  assert.is(store.count('EndpointSlice'), dump.filter(({ kind }) => kind === 'EndpointSlice').length)
  assert.is(store.count('ReplicaSet'), dump.filter(({ kind }) => kind === 'ReplicaSet').length)
})

cluster('a pod that was not ready in the dump is not ready', () => {
  const { store } = build(dump).cluster
  assert.equal(store.list('Pod').filter((pod) => !isReady(pod)).map(({ metadata }) => metadata.name), ['order-cccb9869-4hgv7'])
})

cluster('a dump without ReplicaSets does not get its pods twice', () => {
  const { store } = build(dump.filter(({ kind }) => kind !== 'ReplicaSet')).cluster
  assert.is(store.count('Pod'), 14)
  assert.is(store.count('ReplicaSet'), 5)
})

cluster('a dump without nodes has those that its pods tell of', () => {
  const facts = (objects: KubeObject[]) =>
    build(objects).cluster.store.list('Node').map(({ metadata, spec, status }) => [metadata.name, spec.podCIDR, status.addresses?.[0]?.address, metadata.labels?.['topology.kubernetes.io/zone']])
  assert.equal(facts(dump.filter(({ kind }) => kind !== 'Node')), facts(dump))
})

cluster('slices that select pods without labels are taken as given', () => {
  const { store, problems } = build(lab).cluster
  assert.equal(problems, [])
  for (const slice of lab.filter(({ kind }) => kind === 'EndpointSlice')) {
    assert.equal(store.get('EndpointSlice', 'default', slice.metadata?.name ?? '')?.endpoints, slice.endpoints)
  }
})

cluster('a live cluster gets nothing that was not in its dump', () => {
  const { store } = build(lab).cluster
  assert.is(store.count('Service'), lab.filter(({ kind }) => kind === 'Service').length)
})

cluster('manifests as a user writes them end in the same kind of cluster as the real one', () => {
  const ours = build(apps).cluster.store
  const real = build(dump).cluster.store
  const names = (store: typeof ours, kind: Kind) => store.list(kind).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
  // Suffixes are drawn, and hashes are of another dump of the template: what they look like is what counts.
  const shapes = (store: typeof ours, kind: Kind) => names(store, kind).map((name) => name.replace(/-[bcdf4-9]{8,10}(?=-|$)/, '-HASH').replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}$/, '-XXXXX'))
  for (const kind of ['Deployment', 'StatefulSet', 'Service', 'Namespace'] as const) assert.equal(names(ours, kind), names(real, kind))
  for (const kind of ['Pod', 'ReplicaSet'] as const) assert.equal(shapes(ours, kind), shapes(real, kind))
  for (const pod of ours.list('Pod')) assert.ok(isReady(pod), pod.metadata.name)
  for (const { spec, status } of ours.list('Deployment')) assert.is(status.availableReplicas, spec.replicas ?? 1)
})

cluster('the same seed gives the same cluster, whatever the order of the documents', () => {
  const written = (objects: KubeObject[]) => {
    const { store } = build(objects).cluster
    return (['Pod', 'Service', 'EndpointSlice'] as const).map((kind) => store.list(kind).map(({ metadata, spec }: { metadata: { name: string }; spec?: unknown }) => [metadata.name, spec]))
  }
  assert.equal(written(apps), written(apps))
  const names = (objects: KubeObject[]) => build(objects).cluster.store.list('Service').map(({ metadata, spec }) => [metadata.name, spec.clusterIP])
  assert.equal(names(apps), names([...apps].reverse()))
})

cluster('one more Service does not change what the others were given', () => {
  const addresses = (objects: KubeObject[]) => new Map(build(objects).cluster.store.list('Service').map(({ metadata, spec }) => [metadata.name, spec.clusterIP]))
  const before = addresses(apps)
  const after = addresses([service('newcomer'), ...apps])
  for (const [name, address] of before) assert.is(after.get(name), address)
})

cluster('a cluster in the making has namespaces, three nodes and the kubernetes Service', () => {
  const { store } = build([workload('Deployment', 'web')]).cluster
  assert.equal(store.list('Namespace').map(({ metadata }) => metadata.name), ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
  assert.equal(store.list('Node').map(({ metadata }) => metadata.name), ['node-1', 'node-2', 'node-3'])
  assert.is(store.get('Service', 'default', 'kubernetes')?.spec.clusterIP, '10.96.0.1')
})

cluster('applying a Service again keeps what was allocated to it', () => {
  const { cluster } = build([service('web', { type: 'NodePort' })])
  const before = cluster.store.get('Service', 'default', 'web')!
  cluster.apply(service('web', { type: 'NodePort', sessionAffinity: 'ClientIP' }))
  const after = cluster.store.get('Service', 'default', 'web')!
  assert.is(after.spec.clusterIP, before.spec.clusterIP)
  assert.is(after.spec.ports?.[0]?.nodePort, before.spec.ports?.[0]?.nodePort)
  assert.is(after.spec.sessionAffinity, 'ClientIP')
})

cluster('scaling and restarting what is not there is refused', () => {
  const { cluster } = build([])
  const ref = { kind: 'Deployment', namespace: 'default', name: 'ghost' }
  assert.is(cluster.scale(ref, 3), false)
  assert.is(cluster.restart(ref), false)
  assert.is(cluster.delete({ ...ref, kind: 'Pod' }), false)
})

cluster.run()
