import fc from 'fast-check'
import { isActive, isReady, isTerminating, type Deployment } from '../../../src/cluster/api/object.ts'
import { assert, suite } from '../../kit.ts'
import { build, pod, podsOf, workload, type Built } from '../build.ts'

const s = 1e9

const deployments = suite('deployments')

function deployment({ cluster }: Built, name = 'web'): Deployment {
  return cluster.store.get('Deployment', 'default', name)!
}

/** Steps through the agenda until `until`, looking after every step. */
function watchEvery({ agenda }: Built, until: number, look: () => void): void {
  while (agenda.step(until)) look()
}

const ref = (kind: string, name = 'web') => ({ kind, namespace: 'default', name })

deployments('a Deployment has a ReplicaSet with a hash in its name, and pods with five characters more', () => {
  const { cluster } = build([workload('Deployment', 'web', { replicas: 2 })])
  const [set] = cluster.store.list('ReplicaSet')
  assert.match(set?.metadata.name ?? '', /^web-[bcdf4-9]{8,10}$/)
  for (const { metadata } of podsOf(cluster)) {
    assert.match(metadata.name, new RegExp(`^${set?.metadata.name}-[bcdfghjklmnpqrstvwxz2456789]{5}$`))
    assert.is(metadata.labels?.['pod-template-hash'], set?.metadata.labels?.['pod-template-hash'])
  }
})

deployments('a rollout keeps to maxSurge and maxUnavailable at every moment and ends with only new pods', () => {
  const amount = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), amount, amount, (replicas, maxSurge, maxUnavailable) => {
      const built = build([workload('Deployment', 'web', { replicas, strategy: { rollingUpdate: { maxSurge, maxUnavailable } } })])
      const percent = (value: number | string, round: (value: number) => number) => (typeof value === 'string' ? round((parseInt(value) * replicas) / 100) : value)
      const surge = percent(maxSurge, Math.ceil)
      const unavailable = Math.max(percent(maxUnavailable, Math.floor), surge === 0 ? 1 : 0)
      const old = new Set(podsOf(built.cluster).map(({ metadata }) => metadata.name))
      built.cluster.restart(ref('Deployment'))
      watchEvery(built, 120 * s, () => {
        const active = podsOf(built.cluster).filter(isActive)
        assert.ok(active.length <= replicas + surge, `${active.length} pods of ${replicas} + ${surge}`)
        assert.ok(active.filter(isReady).length >= replicas - unavailable, `${active.filter(isReady).length} ready of ${replicas} - ${unavailable}`)
      })
      const pods = podsOf(built.cluster)
      assert.is(pods.length, replicas)
      assert.not(pods.some(({ metadata }) => old.has(metadata.name)))
      assert.is(deployment(built).status.updatedReplicas, replicas)
    }),
    { seed: 11, numRuns: 60 },
  )
})

deployments('revisions go up, and a template that comes back makes its ReplicaSet the newest again', () => {
  const built = build([workload('Deployment', 'web', { replicas: 2 })])
  const { cluster, agenda } = built
  const revisions = () => cluster.store.list('ReplicaSet').map(({ metadata, spec }) => [metadata.annotations?.['deployment.kubernetes.io/revision'], spec.replicas] as const).sort()
  const told = () => deployment(built).metadata.annotations?.['deployment.kubernetes.io/revision']
  const { template } = deployment(built).spec
  assert.equal([revisions(), told()], [[['1', 2]], '1'])
  cluster.restart(ref('Deployment'))
  agenda.run(60 * s)
  assert.equal([revisions(), told()], [[['1', 0], ['2', 2]], '2'])
  cluster.store.put<Deployment>({ ...deployment(built), spec: { ...deployment(built).spec, template } })
  agenda.run(120 * s)
  assert.equal([revisions(), told()], [[['2', 0], ['3', 2]], '3'])
})

deployments('Recreate never runs two versions side by side', () => {
  const built = build([workload('Deployment', 'web', { replicas: 3, strategy: { type: 'Recreate' } })])
  built.cluster.restart(ref('Deployment'))
  watchEvery(built, 60 * s, () => {
    const hashes = new Set(podsOf(built.cluster).filter(isActive).map(({ metadata }) => metadata.labels?.['pod-template-hash']))
    assert.ok(hashes.size <= 1)
  })
  assert.is(deployment(built).status.availableReplicas, 3)
})

deployments('minReadySeconds holds a rollout back', () => {
  const slow = workload('Deployment', 'web', { replicas: 2, minReadySeconds: 10, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } })
  const built = build([slow])
  assert.is(deployment(built).status.availableReplicas, 2, 'who was there at the start has been ready for long')
  built.agenda.run(2 * s)
  built.cluster.restart(ref('Deployment'))
  built.agenda.run(12 * s)
  assert.is(podsOf(built.cluster).filter(isTerminating).length, 0)
  assert.is(podsOf(built.cluster).length, 3)
  const { replicas, availableReplicas, unavailableReplicas } = deployment(built).status
  assert.equal([replicas, availableReplicas, unavailableReplicas], [3, 2, 1], 'the pod that is more than wanted counts as unavailable, too')
  built.agenda.run(40 * s)
  assert.is(deployment(built).status.updatedReplicas, 2)
})

deployments('scaling down takes those first that serve nobody', () => {
  const broken = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: { podCIDR: '10.244.1.0/29' } }
  const built = build([broken, workload('Deployment', 'web', { replicas: 7 })])
  const serving = podsOf(built.cluster).filter(isReady).map(({ metadata }) => metadata.name)
  assert.is(serving.length, 5)
  built.cluster.scale(ref('Deployment'), 5)
  built.agenda.run(60 * s)
  assert.equal(podsOf(built.cluster).map(({ metadata }) => metadata.name), serving)
})

deployments('a deleted Deployment takes its pods with it', () => {
  const built = build([workload('Deployment', 'web', { replicas: 2 }), pod('other')])
  built.cluster.delete(ref('Deployment'))
  built.agenda.run(60 * s)
  assert.equal(podsOf(built.cluster).map(({ metadata }) => metadata.name), ['other'])
})

deployments('a deleted pod is replaced', () => {
  const built = build([workload('Deployment', 'web', { replicas: 1 })])
  const [before] = podsOf(built.cluster)
  built.cluster.delete({ kind: 'Pod', namespace: 'default', name: before!.metadata.name })
  built.agenda.run(60 * s)
  assert.is(podsOf(built.cluster).length, 1)
  assert.is.not(podsOf(built.cluster)[0]?.metadata.name, before!.metadata.name)
})

deployments('a resize in the middle of a rollout is spread over both versions in proportion, and the rollout goes on', () => {
  const slow = { readinessProbe: { httpGet: { port: 8080 }, initialDelaySeconds: 30 } }
  const built = build([workload('Deployment', 'web', { replicas: 10, strategy: { rollingUpdate: { maxSurge: 5, maxUnavailable: 0 } } }, { containers: [{ name: 'c', image: 'i', ...slow }] })])
  const sizes = () => built.cluster.store.list('ReplicaSet').map(({ spec }) => spec.replicas).sort((a, b) => (b ?? 0) - (a ?? 0))
  built.cluster.restart(ref('Deployment'))
  built.agenda.run(2 * s)
  assert.equal(sizes(), [10, 5])
  built.cluster.scale(ref('Deployment'), 16)
  built.agenda.run(3 * s)
  // 21 are allowed instead of 15: 10 become 14, and 5 become 7.
  assert.equal(sizes(), [14, 7])
  built.agenda.run(200 * s)
  assert.equal(sizes(), [16, 0])
  assert.is(podsOf(built.cluster).length, 16)
})

deployments('a Deployment whose size changes while it has one version only gives all of it to that one', () => {
  const built = build([workload('Deployment', 'web', { replicas: 3 })])
  for (const replicas of [7, 0, 2]) {
    built.cluster.scale(ref('Deployment'), replicas)
    built.agenda.run(built.agenda.now + 60 * s)
    assert.is(podsOf(built.cluster).length, replicas)
  }
})

deployments('a paused Deployment is resized, but rolls nothing out until it goes on', () => {
  const built = build([workload('Deployment', 'web', { replicas: 2 })])
  const images = () => podsOf(built.cluster).map(({ spec }) => spec.containers[0]?.image)
  const after = (spec: object, seconds: number) => {
    built.cluster.apply(workload('Deployment', 'web', spec, { containers: [{ name: 'c', image: 'new' }] }))
    built.agenda.run(built.agenda.now + seconds * s)
  }
  after({ replicas: 2, paused: true }, 60)
  assert.equal(images(), ['i', 'i'])
  after({ replicas: 3, paused: true }, 60)
  assert.equal([images(), deployment(built).status.updatedReplicas], [['i', 'i', 'i'], 0])
  after({ replicas: 2, paused: false }, 60)
  assert.equal(images(), ['new', 'new'])
})

const statefulSets = suite('statefulsets')

statefulSets('pods are numbered, and each waits for the one before', () => {
  const built = build([])
  built.cluster.apply(workload('StatefulSet', 'db', { serviceName: 'db', replicas: 3 }))
  watchEvery(built, 20 * s, () => {
    const pods = podsOf(built.cluster)
    assert.ok(pods.slice(0, -1).every(isReady))
  })
  assert.equal(podsOf(built.cluster).map(({ metadata, spec }) => [metadata.name, spec.hostname, spec.subdomain]), [0, 1, 2].map((i) => [`db-${i}`, `db-${i}`, 'db']))
})

statefulSets('Parallel pods do not wait', () => {
  const built = build([])
  built.cluster.apply(workload('StatefulSet', 'db', { replicas: 3, podManagementPolicy: 'Parallel' }))
  built.agenda.run(0.5 * s)
  assert.is(podsOf(built.cluster).length, 3)
})

statefulSets('the highest number goes first when there are too many', () => {
  const built = build([workload('StatefulSet', 'db', { replicas: 3 })])
  built.cluster.scale(ref('StatefulSet', 'db'), 1)
  const order: string[] = []
  built.cluster.lifecycle.listen({ gone: ({ metadata }) => void order.push(metadata.name) })
  built.agenda.run(60 * s)
  assert.equal(order, ['db-2', 'db-1'])
})

statefulSets('an update replaces one pod at a time from the highest number down, under the same names', () => {
  const built = build([workload('StatefulSet', 'db', { replicas: 3 })])
  const order: string[] = []
  built.cluster.lifecycle.listen({ gone: ({ metadata }) => void order.push(metadata.name) })
  built.cluster.restart(ref('StatefulSet', 'db'))
  watchEvery(built, 60 * s, () => assert.ok(podsOf(built.cluster).filter(isReady).length >= 2))
  assert.equal(order, ['db-2', 'db-1', 'db-0'])
  assert.is(built.cluster.store.get('StatefulSet', 'default', 'db')?.status.updatedReplicas, 3)
})

statefulSets('the next pod waits until the one before has been ready for minReadySeconds, and all are counted as available in the end', () => {
  const built = build([])
  built.cluster.apply(workload('StatefulSet', 'db', { replicas: 2, minReadySeconds: 5 }))
  built.agenda.run(5 * s)
  assert.is(podsOf(built.cluster).length, 1)
  built.agenda.run(20 * s)
  assert.is(podsOf(built.cluster).length, 2)
  assert.is(built.cluster.store.get('StatefulSet', 'default', 'db')?.status.availableReplicas, 2)
})

statefulSets('pods below the partition keep the template of old, also when they are made anew', () => {
  const spec = { replicas: 3, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }
  const built = build([workload('StatefulSet', 'db', spec)])
  built.cluster.apply(workload('StatefulSet', 'db', spec, { containers: [{ name: 'c', image: 'new' }] }))
  built.agenda.run(30 * s)
  built.cluster.delete(ref('Pod', 'db-0'))
  built.agenda.run(60 * s)
  assert.equal(podsOf(built.cluster).map(({ spec }) => spec.containers[0]?.image), ['i', 'new', 'new'])
  const { currentReplicas, updatedReplicas } = built.cluster.store.get('StatefulSet', 'default', 'db')!.status
  assert.equal([currentReplicas, updatedReplicas], [1, 2])
})

statefulSets('with OnDelete nothing is replaced, and what somebody deletes comes back in the new version', () => {
  const spec = { replicas: 2, updateStrategy: { type: 'OnDelete' } }
  const built = build([workload('StatefulSet', 'db', spec)])
  built.cluster.apply(workload('StatefulSet', 'db', spec, { containers: [{ name: 'c', image: 'new' }] }))
  built.agenda.run(30 * s)
  built.cluster.delete(ref('Pod', 'db-1'))
  built.agenda.run(60 * s)
  assert.equal(podsOf(built.cluster).map(({ spec }) => spec.containers[0]?.image), ['i', 'new'])
})

const daemonSets = suite('daemonsets')

daemonSets('every node has one pod, new nodes included', () => {
  const built = build([workload('DaemonSet', 'agent')])
  assert.equal(podsOf(built.cluster).map(({ spec }) => spec.nodeName).sort(), ['node-1', 'node-2', 'node-3'])
  built.cluster.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-4' } })
  built.agenda.run(10 * s)
  assert.is(podsOf(built.cluster).length, 4)
  assert.is(built.cluster.store.get('DaemonSet', 'default', 'agent')?.status.numberReady, 4)
})

daemonSets('an update replaces one pod after the other', () => {
  const built = build([workload('DaemonSet', 'agent')])
  const old = new Set(podsOf(built.cluster).map(({ metadata }) => metadata.name))
  built.cluster.restart(ref('DaemonSet', 'agent'))
  watchEvery(built, 60 * s, () => assert.ok(podsOf(built.cluster).filter(isReady).length >= 2))
  assert.is(podsOf(built.cluster).length, 3)
  assert.not(podsOf(built.cluster).some(({ metadata }) => old.has(metadata.name)))
})

daemonSets('an update waits until the new pod has been ready for minReadySeconds, and goes on then', () => {
  const built = build([workload('DaemonSet', 'agent', { minReadySeconds: 5 })])
  const old = new Set(podsOf(built.cluster).map(({ metadata }) => metadata.name))
  built.cluster.restart(ref('DaemonSet', 'agent'))
  built.agenda.run(5 * s)
  assert.is(podsOf(built.cluster).filter(({ metadata }) => old.has(metadata.name)).length, 2)
  built.agenda.run(60 * s)
  assert.not(podsOf(built.cluster).some(({ metadata }) => old.has(metadata.name)))
  assert.is(built.cluster.store.get('DaemonSet', 'default', 'agent')?.status.numberAvailable, 3)
})

deployments.run()
statefulSets.run()
daemonSets.run()
