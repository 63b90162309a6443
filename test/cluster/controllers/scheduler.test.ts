import type { KubeObject } from '../../../src/cluster/api/object.ts'
import { assert, suite } from '../../kit.ts'
import { build, pod, podsOf, workload, type Built } from '../build.ts'

const scheduler = suite('scheduler')

function node(name: string, zone: string, spec: object = {}, ready = 'True'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } },
    spec,
    status: { conditions: [{ type: 'Ready', status: ready }] },
  }
}

function placement({ cluster }: Built): (string | undefined)[] {
  return podsOf(cluster).map(({ spec }) => spec.nodeName).sort()
}

scheduler('replicas spread over the nodes', () => {
  assert.equal(placement(build([workload('Deployment', 'web', { replicas: 6 })])), ['node-1', 'node-1', 'node-2', 'node-2', 'node-3', 'node-3'])
})

scheduler('replicas spread over the zones before they fill one', () => {
  const built = build([node('a1', 'a'), node('a2', 'a'), node('a3', 'a'), node('b1', 'b'), workload('Deployment', 'web', { replicas: 2 })])
  assert.equal(placement(built), ['a1', 'b1'])
})

scheduler('nodes that are not ready, cordoned, tainted or of another kind get no pods', () => {
  const nodes = [
    node('broken', 'a', {}, 'False'),
    node('cordoned', 'a', { unschedulable: true }),
    node('tainted', 'a', { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] }),
    node('fine', 'a'),
  ]
  assert.equal(placement(build([...nodes, workload('Deployment', 'web', { replicas: 2 })])), ['fine', 'fine'])
  const tolerations = [{ key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }]
  assert.equal(placement(build([...nodes, workload('Deployment', 'web', { replicas: 2 }, { spec: { tolerations } })])), ['fine', 'tainted'])
  const nodeSelector = { 'topology.kubernetes.io/zone': 'nowhere' }
  assert.equal(placement(build([...nodes, pod('picky', { nodeSelector })])), [undefined])
})

scheduler('a pod without a node stays Pending and is a problem, until a node fits', () => {
  const { cluster, agenda } = build([node('a', 'a', { unschedulable: true }), pod('web')])
  assert.equal(cluster.problems, [{ message: 'no node is ready and fits the pod; it stays Pending', ref: { kind: 'Pod', namespace: 'default', name: 'web' } }])
  assert.is(podsOf(cluster)[0]?.status.phase, 'Pending')
  cluster.apply(node('b', 'b'))
  agenda.run(5e9)
  assert.is(podsOf(cluster)[0]?.status.phase, 'Running')
  assert.is(podsOf(cluster)[0]?.spec.nodeName, 'b')
})

scheduler.run()
