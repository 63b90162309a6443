import { followOwned, WorkQueue, type ControlPlane } from './control.ts'
import type { Kubelets } from '../kubelet/kubelet.ts'
import { REVISION_LABEL, templateHash } from '../api/names.ts'
import { isTerminating, type Pod, type PodTemplate, type StatefulSet } from '../api/object.ts'
import { isAvailable, podFrom, sameStatus, tally } from './workload.ts'

const SECOND = 1e9

/**
 * Gives each StatefulSet its numbered pods: made one after the other once the one before is available (or all at once
 * with podManagementPolicy Parallel), removed and updated from the highest number down. Pods below the partition
 * stay at the revision of old, also when they are made anew: stateful_set_control.go.
 */
export function runStatefulSets(control: ControlPlane, kubelets: Kubelets): void {
  const { store, clock, timing, selection } = control
  const delay = timing.watch + timing.write
  const queue = new WorkQueue(clock, sync)
  /** Our name of a template's revision → the name that the cluster of a dump gave it, which its pods carry. */
  const given = new Map<string, string>()
  /** Each revision's template, as its ControllerRevision keeps it. */
  const templates = new Map<string, PodTemplate>()

  store.watch('StatefulSet', ({ before, after }) => {
    if (after !== undefined) {
      if (before === undefined && after.status.updateRevision) given.set(revisionOf(after), after.status.updateRevision)
      if (before?.spec !== after.spec) queue.add(after.metadata.namespace, after.metadata.name, delay)
    } else if (before !== undefined) {
      for (const pod of podsOf(before)) kubelets.delete(pod)
    }
  })
  followOwned(store, 'Pod', 'StatefulSet', queue, delay)

  function podsOf({ metadata }: StatefulSet): Pod[] {
    return [...selection.podsOf(metadata.namespace, { kind: 'StatefulSet', name: metadata.name })]
  }

  function sync(namespace: string, name: string): void {
    const set = store.get('StatefulSet', namespace, name)
    if (set === undefined) return
    const revision = given.get(revisionOf(set)) ?? revisionOf(set)
    templates.set(`${namespace}/${revision}`, set.spec.template)
    step(set, revision)
    report(set, revision)
  }

  /** One move, or all at once if the set is Parallel. */
  function step(set: StatefulSet, revision: string): void {
    const isParallel = set.spec.podManagementPolicy === 'Parallel'
    const start = startOf(set)
    const end = start + (set.spec.replicas ?? 1)
    for (let ordinal = start; ordinal < end; ordinal++) {
      const pod = store.get('Pod', set.metadata.namespace, `${set.metadata.name}-${ordinal}`)
      if (pod === undefined) create(set, ordinal, revision)
      if (!isParallel && (pod === undefined || !isHealthy(set, pod))) return
    }
    const tooMany = podsOf(set).filter((pod) => ordinalOf(pod) >= end || ordinalOf(pod) < start).sort(byOrdinalDown)
    for (const pod of tooMany) {
      kubelets.delete(pod)
      if (!isParallel) return
    }
    update(set, revision)
  }

  /** A rolling update ends the highest outdated pod, once those above it are well, and the loop above makes it anew. */
  function update(set: StatefulSet, revision: string): void {
    if (set.spec.updateStrategy?.type === 'OnDelete') return
    for (const pod of podsOf(set).sort(byOrdinalDown)) {
      if (ordinalOf(pod) < firstToUpdate(set)) return
      if (!isOfRevision(pod, revision) && !isTerminating(pod)) return kubelets.delete(pod)
      if (!isHealthy(set, pod)) return
    }
  }

  /** Running, and ready for long enough that the next one may follow. */
  function isHealthy(set: StatefulSet, pod: Pod): boolean {
    return !isTerminating(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, clock)
  }

  function create(set: StatefulSet, ordinal: number, updated: string): void {
    const { namespace } = set.metadata
    const name = `${set.metadata.name}-${ordinal}`
    const staysBehind = set.spec.updateStrategy?.type !== 'OnDelete' && ordinal < firstToUpdate(set)
    const revision = staysBehind ? (set.status.currentRevision ?? updated) : updated
    const labels = {
      [REVISION_LABEL]: revision,
      'statefulset.kubernetes.io/pod-name': name,
      'apps.kubernetes.io/pod-index': String(ordinal),
    }
    // A dump does not say what an older revision's template was.
    const pod = podFrom(templates.get(`${namespace}/${revision}`) ?? set.spec.template, set, name, clock.timestamp(), labels)
    const identity = { hostname: name, ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}) }
    store.put<Pod>({ ...pod, metadata: { ...pod.metadata, generateName: `${set.metadata.name}-` }, spec: { ...pod.spec, ...identity } })
  }

  function report(set: StatefulSet, updateRevision: string): void {
    const pods = podsOf(set)
    const seconds = set.spec.minReadySeconds ?? 0
    const counts = tally(pods, seconds, clock)
    const countOf = (revision: string) => pods.filter((pod) => isOfRevision(pod, revision)).length
    const updatedReplicas = countOf(updateRevision)
    const isComplete = [counts.replicas, counts.ready, updatedReplicas].every((count) => count === (set.spec.replicas ?? 1))
    const currentRevision = isComplete ? updateRevision : (set.status.currentRevision ?? updateRevision)
    const status = {
      ...set.status,
      replicas: counts.replicas,
      readyReplicas: counts.ready,
      availableReplicas: counts.available,
      currentReplicas: countOf(currentRevision),
      updatedReplicas,
      currentRevision,
      updateRevision,
    }
    if (!sameStatus(status, set.status)) store.put<StatefulSet>({ ...set, status })
    if (counts.available < counts.ready) queue.add(set.metadata.namespace, set.metadata.name, seconds * SECOND)
  }
}

function startOf(set: StatefulSet): number {
  return set.spec.ordinals?.start ?? 0
}

/** Pods with lower numbers keep the revision of old. */
function firstToUpdate(set: StatefulSet): number {
  return startOf(set) + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0)
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
