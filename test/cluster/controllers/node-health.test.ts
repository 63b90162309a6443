import { isReady, isTerminating } from '../../../src/cluster/api/object.ts'
import { TIMING } from '../../../src/cluster/timing.ts'
import { assert, suite } from '../../kit.ts'
import { build, pod, podsOf, service, slicesOf, workload } from '../build.ts'

const health = suite('node health')

const s = 1e9

function crowd() {
  const built = build([workload('Deployment', 'web', { replicas: 3 }), workload('DaemonSet', 'agent'), service('web')])
  const on = (node: string, app = 'web') => podsOf(built.cluster).filter(({ metadata, spec }) => spec.nodeName === node && metadata.labels?.['app'] === app)
  const readyAddresses = () => slicesOf(built.cluster, 'web').flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions?.ready).map(({ nodeName }) => nodeName))
  return { ...built, on, readyAddresses }
}

/** A node is given up this much earlier at most, and later at most, than a grace period after its end. */
const EARLIEST = TIMING.nodeGrace - TIMING.leaseRenewal
const LATEST = TIMING.nodeGrace + TIMING.nodeMonitor

health('a silent node is believed well until its grace period is over', () => {
  const { cluster, agenda, readyAddresses } = crowd()
  assert.is(cluster.failNode('node-2'), true)
  agenda.run(EARLIEST - 1)
  assert.equal(readyAddresses().sort(), ['node-1', 'node-2', 'node-3'])
  agenda.run(LATEST + 1 * s)
  assert.equal(readyAddresses().sort(), ['node-1', 'node-3'])
  assert.is(isReady(cluster.store.get('Node', '', 'node-2')!), false)
})

health('how long it is believed depends on when it renewed its lease last and when the controller looks', () => {
  const givenUpAt = Array.from({ length: 40 }, (_, i) => {
    const { cluster, agenda } = build([], {}, String(i))
    cluster.failNode('node-2')
    while (isReady(cluster.store.get('Node', '', 'node-2')!) && agenda.step(LATEST)) {
      // until the controller gives up
    }
    return agenda.now
  })
  assert.ok(givenUpAt.every((at) => at >= EARLIEST && at <= LATEST))
  assert.ok(Math.max(...givenUpAt) - Math.min(...givenUpAt) > 8 * s)
})

health('its pods are replaced elsewhere when their toleration is over, and end when it is back', () => {
  const { cluster, agenda, on, readyAddresses } = crowd()
  cluster.failNode('node-2')
  agenda.run(EARLIEST + 299 * s)
  assert.is(podsOf(cluster).filter(isTerminating).length, 0)
  agenda.run(LATEST + 310 * s)
  assert.equal(on('node-2').map(isTerminating), [true])
  assert.is(readyAddresses().length, 3)
  agenda.run(1000 * s)
  assert.is(on('node-2').length, 1, 'nobody there to end it')
  cluster.recoverNode('node-2')
  agenda.run(1010 * s)
  assert.is(on('node-2').length, 0)
  assert.equal(on('node-2', 'agent').map(isReady), [true], 'a DaemonSet\'s pod stays')
})

health('a node that comes back soon has lost nothing but its readiness', () => {
  const { cluster, agenda, on, readyAddresses } = crowd()
  const before = podsOf(cluster).map(({ metadata }) => metadata.uid)
  cluster.failNode('node-2')
  agenda.run(70 * s)
  assert.equal(on('node-2').map(isReady), [false])
  cluster.recoverNode('node-2')
  agenda.run(71 * s)
  assert.equal(readyAddresses().sort(), ['node-1', 'node-2', 'node-3'])
  agenda.run(600 * s)
  assert.equal(podsOf(cluster).map(({ metadata }) => metadata.uid), before)
  assert.equal(cluster.store.get('Node', '', 'node-2')?.spec.taints, [])
})

health('a second failure has a grace period of its own', () => {
  const { cluster, agenda } = crowd()
  cluster.failNode('node-2')
  agenda.run(30 * s)
  cluster.recoverNode('node-2')
  agenda.run(40 * s)
  cluster.failNode('node-2')
  agenda.run(40 * s + EARLIEST - 1)
  assert.is(isReady(cluster.store.get('Node', '', 'node-2')!), true)
  agenda.run(40 * s + LATEST + 1 * s)
  assert.is(isReady(cluster.store.get('Node', '', 'node-2')!), false)
})

health('after a boot the pods of a node are ready only when their containers have started again', () => {
  const { cluster, agenda, on, readyAddresses } = crowd()
  cluster.failNode('node-2')
  agenda.run(20 * s)
  cluster.recoverNode('node-2', true)
  agenda.run(21 * s)
  assert.equal(on('node-2').map(isReady), [false])
  assert.equal(readyAddresses().sort(), ['node-1', 'node-3'])
  for (const pod of on('node-2')) cluster.podRestarted(pod)
  agenda.run(22 * s)
  assert.equal(on('node-2').map((pod) => [isReady(pod), pod.status.containerStatuses?.[0]?.restartCount]), [[true, 1]])
  assert.is(readyAddresses().length, 3)
})

health('a drained node keeps only the pods of DaemonSets', () => {
  const { cluster, agenda, on, readyAddresses } = crowd()
  assert.is(cluster.drain('node-2'), true)
  agenda.run(60 * s)
  assert.is(on('node-2').length, 0)
  assert.is(on('node-2', 'agent').length, 1)
  assert.is(readyAddresses().length, 3)
  assert.is(cluster.drain('ghost'), false)
})

health('a drain says of a pod that nobody controls that it is gone for good', () => {
  const { cluster, agenda } = build([pod('alone', { nodeName: 'node-1' })])
  cluster.drain('node-1')
  agenda.run(60 * s)
  assert.equal([podsOf(cluster).length, cluster.problems.map(({ ref }) => ref.name)], [0, ['alone']])
})

health('what is not there cannot fail, nor what has not failed recover', () => {
  const { cluster } = crowd()
  assert.is(cluster.failNode('ghost'), false)
  assert.is(cluster.recoverNode('node-1'), false)
  cluster.failNode('node-1')
  assert.is(cluster.failNode('node-1'), false)
})

health.run()
