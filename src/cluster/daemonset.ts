import { WorkQueue, type ControlPlane } from './control.ts'
import type { Kubelets } from './kubelet.ts'
import { randomSuffix } from './names.ts'
import { controllerOf, isActive, isReady, type DaemonSet, type Node, type Pod } from './object.ts'
import { fits } from './scheduler.ts'
import { podFrom, sameStatus, tally } from './workload.ts'

/** Keeps one pod of each DaemonSet on every node that it fits: pkg/controller/daemon. */
export function runDaemonSets(control: ControlPlane, kubelets: Kubelets): void {
  const { store, clock, timing, streams, selection } = control
  const delay = timing.watch + timing.write
  const queue = new WorkQueue(clock, sync)

  store.watch('DaemonSet', ({ before, after }) => {
    if (after !== undefined) {
      if (before?.spec !== after.spec) enqueue(after)
    } else if (before !== undefined) {
      for (const pod of podsOf(before)) kubelets.delete(pod)
    }
  })
  store.watch('Node', () => store.list('DaemonSet').forEach(enqueue))
  store.watch('Pod', ({ before, after }) => {
    const pod = after ?? before
    const owner = pod && controllerOf(pod)
    if (pod !== undefined && owner?.kind === 'DaemonSet') queue.add(pod.metadata.namespace, owner.name, delay)
  })

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
    report(set, wanted.length)
  }

  /** Bound from the start: the scheduler would find that only this node will do. */
  function podOn(set: DaemonSet, node: Node, suffix: string): Pod {
    const pod = podFrom(set.spec.template, set, `${set.metadata.name}-${suffix}`, clock.timestamp())
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
    const counts = tally(pods, set.spec.minReadySeconds ?? 0, clock)
    const status = {
      ...set.status,
      desiredNumberScheduled: desired,
      currentNumberScheduled: counts.replicas,
      updatedNumberScheduled: counts.replicas,
      numberReady: pods.filter(isReady).length,
      numberAvailable: counts.available,
    }
    if (!sameStatus(status, set.status)) store.put<DaemonSet>({ ...set, status })
  }
}
