import type { Nanos } from '../../engine/agenda.ts'
import { compareTexts } from '../../engine/order.ts'
import { followOwned, WorkQueue, type ControlPlane } from './control.ts'
import type { Kubelets } from '../kubelet/kubelet.ts'
import { isActive, isReady, type Pod, type ReplicaSet } from '../api/object.ts'
import { randomSuffix } from '../api/names.ts'
import { podFrom, readySince_ms, sameStatus, tally } from './workload.ts'

const SECOND: Nanos = 1e9

/** Keeps as many pods of each ReplicaSet as it asks for: pkg/controller/replicaset. */
export function runReplicaSets(control: ControlPlane, kubelets: Kubelets): void {
  const { store, clock, timing, streams, selection } = control
  const delay = timing.watch + timing.write
  const queue = new WorkQueue(clock, sync)

  store.watch('ReplicaSet', ({ before, after }) => {
    if (after !== undefined) {
      if (before?.spec !== after.spec) queue.add(after.metadata.namespace, after.metadata.name, delay)
    } else if (before !== undefined) {
      for (const pod of [...selection.podsOf(before.metadata.namespace, { kind: 'ReplicaSet', name: before.metadata.name })]) kubelets.delete(pod)
    }
  })
  followOwned(store, 'Pod', 'ReplicaSet', queue, delay)

  function sync(namespace: string, name: string): void {
    const set = store.get('ReplicaSet', namespace, name)
    if (set === undefined) return
    const active = [...selection.podsOf(namespace, { kind: 'ReplicaSet', name })].filter(isActive)
    const missing = (set.spec.replicas ?? 1) - active.length
    for (let i = 0; i < missing; i++) create(set)
    for (const pod of victims(active, -missing)) kubelets.delete(pod)
    report(set)
  }

  function create(set: ReplicaSet): void {
    const prefix = `${set.metadata.name}-`
    const random = streams.stream(`cluster/pod/${set.metadata.namespace}/${prefix}/${nextBirth(set)}`)
    let name = prefix + randomSuffix(random)
    while (store.get('Pod', set.metadata.namespace, name) !== undefined) name = prefix + randomSuffix(random)
    const pod = podFrom(set.spec.template, set, name, clock.timestamp())
    store.put<Pod>({ ...pod, metadata: { ...pod.metadata, generateName: prefix } })
  }

  /** How many pods the set has made, so that each draws its name from a stream of its own. */
  const births = new Map<string, number>()
  function nextBirth(set: ReplicaSet): number {
    const key = `${set.metadata.namespace}/${set.metadata.name}`
    const birth = births.get(key) ?? 0
    births.set(key, birth + 1)
    return birth
  }

  function report(set: ReplicaSet): void {
    const { namespace, name } = set.metadata
    const seconds = set.spec.minReadySeconds ?? 0
    const counts = tally(selection.podsOf(namespace, { kind: 'ReplicaSet', name }), seconds, clock)
    const status = {
      ...set.status,
      replicas: counts.replicas,
      fullyLabeledReplicas: counts.replicas,
      readyReplicas: counts.ready,
      availableReplicas: counts.available,
    }
    if (!sameStatus(status, set.status)) store.put<ReplicaSet>({ ...set, status })
    if (counts.available < counts.ready) queue.add(namespace, name, seconds * SECOND)
  }
}

/** Who goes first when there are too many: not bound, not ready, crowded on one node, ready for the shortest time. */
function victims(active: Pod[], count: number): Pod[] {
  if (count <= 0) return []
  const onNode = new Map<string, number>()
  for (const { spec } of active) onNode.set(spec.nodeName ?? '', (onNode.get(spec.nodeName ?? '') ?? 0) + 1)
  const rank = (pod: Pod) => [
    pod.spec.nodeName ? 1 : 0,
    pod.status.phase === 'Running' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    deletionCost(pod),
    -(onNode.get(pod.spec.nodeName ?? '') ?? 0),
    -readySince_ms(pod),
  ]
  const ranked = active.map((pod) => ({ pod, rank: rank(pod) }))
  ranked.sort((a, b) => compareRanks(a.rank, b.rank) || compareTexts(a.pod.metadata.name, b.pod.metadata.name))
  return ranked.slice(0, count).map(({ pod }) => pod)
}

function deletionCost(pod: Pod): number {
  return Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0)
}

function compareRanks(a: number[], b: number[]): number {
  const differs = a.findIndex((value, i) => value !== b[i])
  return differs < 0 ? 0 : a[differs]! - b[differs]!
}
