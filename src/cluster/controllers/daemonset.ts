import { followOwned, WorkQueue, type ControlPlane } from './control.ts'
import type { Kubelets } from '../kubelet/kubelet.ts'
import { randomSuffix, REVISION_LABEL, templateHash } from '../api/names.ts'
import { isActive, isReady, type DaemonSet, type Node, type Pod } from '../api/object.ts'
import { fits } from './scheduler.ts'
import { isAvailable, podFrom, resolveShare, sameStatus, tally } from './workload.ts'

const SECOND = 1e9

/** Keeps one pod of each DaemonSet on every node that it fits, and updates them a few at a time: pkg/controller/daemon. */
export function runDaemonSets(control: ControlPlane, kubelets: Kubelets): void {
  const { store, clock, timing, streams, selection } = control
  const delay = timing.watch + timing.write
  const queue = new WorkQueue(clock, sync)
  /** Our name of a template's revision → the name that the cluster of a dump gave it, which its pods carry. */
  const given = new Map<string, string>()

  store.watch('DaemonSet', ({ before, after }) => {
    if (after !== undefined) {
      if (before?.spec !== after.spec) enqueue(after)
    } else if (before !== undefined) {
      for (const pod of podsOf(before)) kubelets.delete(pod)
    }
  })
  store.watch('Node', () => store.list('DaemonSet').forEach(enqueue))
  followOwned(store, 'Pod', 'DaemonSet', queue, delay)

  function enqueue({ metadata }: DaemonSet): void {
    queue.add(metadata.namespace, metadata.name, delay)
  }

  function podsOf({ metadata }: DaemonSet): Pod[] {
    return [...selection.podsOf(metadata.namespace, { kind: 'DaemonSet', name: metadata.name })]
  }

  function sync(namespace: string, name: string): void {
    const set = store.get('DaemonSet', namespace, name)
    if (set === undefined) return
    const active = podsOf(set).filter(isActive)
    const covered = new Set(active.map((pod) => pod.spec.nodeName))
    const wanted = store.list('Node').filter((node) => fits(node, podOn(set, node, '')))
    for (const node of wanted) if (!covered.has(node.metadata.name)) store.put(podOn(set, node, suffixFor(set, node)))
    const isComplete = wanted.every((node) => covered.has(node.metadata.name))
    if (isComplete) update(set, active)
    report(set, wanted.length)
  }

  /** Ends outdated pods: those that serve nobody at once, of the others as many at a time as may be unavailable; `sync` makes them anew. */
  function update(set: DaemonSet, active: Pod[]): void {
    const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
    if (type === 'OnDelete') return
    const mayMiss = Math.max(1, resolveShare(rollingUpdate?.maxUnavailable ?? 1, active.length, Math.ceil))
    const outdated = active.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] !== revisionOf(set))
    const missing = active.filter((pod) => !serves(pod))
    const serving = outdated.filter(serves).slice(0, Math.max(0, mayMiss - missing.length))
    for (const pod of [...outdated.filter((pod) => !serves(pod)), ...serving]) kubelets.delete(pod)

    function serves(pod: Pod): boolean {
      return isAvailable(pod, set.spec.minReadySeconds ?? 0, clock)
    }
  }

  /** What a dump's pods carry is the present revision: how far a rollout had come cannot be told from it. */
  function revisionOf(set: DaemonSet): string {
    const ours = templateHash(set.spec.template)
    const key = `${set.metadata.namespace}/${set.metadata.name}/${ours}`
    const known = given.get(key)
    if (known !== undefined) return known
    const [pod] = clock.isSettling ? podsOf(set) : []
    const revision = pod?.metadata.labels?.[REVISION_LABEL] ?? ours
    given.set(key, revision)
    return revision
  }

  /** Bound from the start: the scheduler would find that only this node will do. */
  function podOn(set: DaemonSet, node: Node, suffix: string): Pod {
    const pod = podFrom(set.spec.template, set, `${set.metadata.name}-${suffix}`, clock.timestamp(), { [REVISION_LABEL]: revisionOf(set) })
    const tolerations = [...(pod.spec.tolerations ?? []), { operator: 'Exists', key: 'node.kubernetes.io/unschedulable' }]
    return { ...pod, spec: { ...pod.spec, tolerations, nodeName: node.metadata.name } }
  }

  function suffixFor(set: DaemonSet, node: Node): string {
    const { namespace, name } = set.metadata
    const random = streams.stream(`cluster/pod/${namespace}/${name}/${node.metadata.name}`)
    let suffix = randomSuffix(random)
    while (store.get('Pod', namespace, `${name}-${suffix}`) !== undefined) suffix = randomSuffix(random)
    return suffix
  }

  function report(set: DaemonSet, desired: number): void {
    const pods = podsOf(set).filter(isActive)
    const seconds = set.spec.minReadySeconds ?? 0
    const counts = tally(pods, seconds, clock)
    const status = {
      ...set.status,
      desiredNumberScheduled: desired,
      currentNumberScheduled: counts.replicas,
      updatedNumberScheduled: pods.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revisionOf(set)).length,
      numberReady: pods.filter(isReady).length,
      numberAvailable: counts.available,
    }
    if (!sameStatus(status, set.status)) store.put<DaemonSet>({ ...set, status })
    if (counts.available < counts.ready) queue.add(set.metadata.namespace, set.metadata.name, seconds * SECOND)
  }
}
