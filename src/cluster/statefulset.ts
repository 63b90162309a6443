import { WorkQueue, type ControlPlane } from './control.ts'
import type { Kubelets } from './kubelet.ts'
import { templateHash } from './names.ts'
import { controllerOf, isReady, isTerminating, type Pod, type StatefulSet } from './object.ts'
import { podFrom, sameStatus, tally } from './workload.ts'

const REVISION_LABEL = 'controller-revision-hash'

/**
 * Gives each StatefulSet its numbered pods: made one after the other once the one before is ready (or all at once
 * with podManagementPolicy Parallel), removed and updated from the highest number down.
 */
export function runStatefulSets(control: ControlPlane, kubelets: Kubelets): void {
  const { store, clock, timing, selection } = control
  const delay = timing.watch + timing.write
  const queue = new WorkQueue(clock, sync)
  /** Our name of a template's revision → the name that the cluster of a dump gave it, which its pods carry. */
  const given = new Map<string, string>()

  store.watch('StatefulSet', ({ before, after }) => {
    if (after !== undefined) {
      if (before === undefined && after.status.updateRevision) given.set(revisionOf(after), after.status.updateRevision)
      if (before?.spec !== after.spec) queue.add(after.metadata.namespace, after.metadata.name, delay)
    } else if (before !== undefined) {
      for (const pod of podsOf(before)) kubelets.delete(pod)
    }
  })
  store.watch('Pod', ({ before, after }) => {
    const pod = after ?? before
    const owner = pod && controllerOf(pod)
    if (pod !== undefined && owner?.kind === 'StatefulSet') queue.add(pod.metadata.namespace, owner.name, delay)
  })

  function podsOf({ metadata }: StatefulSet): Pod[] {
    return [...selection.podsOf(metadata.namespace, { kind: 'StatefulSet', name: metadata.name })]
  }

  function sync(namespace: string, name: string): void {
    const set = store.get('StatefulSet', namespace, name)
    if (set === undefined) return
    const revision = given.get(revisionOf(set)) ?? revisionOf(set)
    step(set, revision)
    report(set, revision)
  }

  /** One move, or all at once if the set is Parallel. */
  function step(set: StatefulSet, revision: string): void {
    const isParallel = set.spec.podManagementPolicy === 'Parallel'
    const start = set.spec.ordinals?.start ?? 0
    const end = start + (set.spec.replicas ?? 1)
    for (let ordinal = start; ordinal < end; ordinal++) {
      const pod = store.get('Pod', set.metadata.namespace, `${set.metadata.name}-${ordinal}`)
      if (pod === undefined) create(set, ordinal, revision)
      if (!isParallel && (pod === undefined || isTerminating(pod) || !isReady(pod))) return
    }
    const tooMany = podsOf(set).filter((pod) => ordinalOf(pod) >= end || ordinalOf(pod) < start).sort(byOrdinalDown)
    for (const pod of tooMany) {
      kubelets.delete(pod)
      if (!isParallel) return
    }
    update(set, revision)
  }

  /** A rolling update deletes the highest outdated pod, and the loop above makes it anew. */
  function update(set: StatefulSet, revision: string): void {
    if (set.spec.updateStrategy?.type === 'OnDelete') return
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0
    const pods = podsOf(set).sort(byOrdinalDown)
    if (pods.some((pod) => isTerminating(pod) || !isReady(pod))) return
    const outdated = pods.find((pod) => ordinalOf(pod) >= partition && !isOfRevision(pod, revision))
    if (outdated !== undefined) kubelets.delete(outdated)
  }

  function create(set: StatefulSet, ordinal: number, revision: string): void {
    const name = `${set.metadata.name}-${ordinal}`
    const labels = {
      [REVISION_LABEL]: revision,
      'statefulset.kubernetes.io/pod-name': name,
      'apps.kubernetes.io/pod-index': String(ordinal),
    }
    const pod = podFrom(set.spec.template, set, name, clock.timestamp(), labels)
    const identity = { hostname: name, ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}) }
    store.put<Pod>({ ...pod, metadata: { ...pod.metadata, generateName: `${set.metadata.name}-` }, spec: { ...pod.spec, ...identity } })
  }

  function report(set: StatefulSet, revision: string): void {
    const pods = podsOf(set)
    const counts = tally(pods, set.spec.minReadySeconds ?? 0, clock)
    const status = {
      ...set.status,
      replicas: counts.replicas,
      readyReplicas: counts.ready,
      availableReplicas: counts.available,
      updatedReplicas: pods.filter((pod) => isOfRevision(pod, revision)).length,
    }
    if (!sameStatus(status, set.status)) store.put<StatefulSet>({ ...set, status })
  }
}

function revisionOf({ metadata, spec }: StatefulSet): string {
  return `${metadata.name}-${templateHash(spec.template)}`
}

function isOfRevision(pod: Pod, revision: string): boolean {
  return pod.metadata.labels?.[REVISION_LABEL] === revision
}

function ordinalOf(pod: Pod): number {
  return Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1))
}

function byOrdinalDown(a: Pod, b: Pod): number {
  return ordinalOf(b) - ordinalOf(a)
}
