import { compareTexts } from '../../engine/order.ts'
import { followOwned, WorkQueue, type ControlPlane } from './control.ts'
import { canonicalTemplate, HASH_LABEL, templateHash } from '../api/names.ts'
import type { Deployment, ReplicaSet } from '../api/object.ts'
import { isResized, resize, sizeAnnotations } from './resize.ts'
import { nextReplicas } from './rollout.ts'
import { controlledBy, sameStatus } from './workload.ts'

const REVISION = 'deployment.kubernetes.io/revision'

/** Turns each Deployment into ReplicaSets, one for each version of its template, and moves replicas between them. */
export function runDeployments(control: ControlPlane): void {
  const { store, clock, timing, selection } = control
  const delay = timing.watch + timing.write
  const queue = new WorkQueue(clock, sync)

  store.watch('Deployment', ({ before, after }) => {
    if (after !== undefined) {
      if (before?.spec !== after.spec) queue.add(after.metadata.namespace, after.metadata.name, delay)
    } else if (before !== undefined) {
      for (const { metadata } of [...selection.replicaSetsOf(before.metadata.namespace, before.metadata.name)]) {
        store.delete('ReplicaSet', metadata.namespace, metadata.name)
      }
    }
  })
  followOwned(store, 'ReplicaSet', 'Deployment', queue, delay)

  function sync(namespace: string, name: string): void {
    const deployment = store.get('Deployment', namespace, name)
    if (deployment === undefined) return
    const sets = [...selection.replicaSetsOf(namespace, name)].sort(byRevision)
    const current = currentSet(deployment, sets)
    if (current === undefined && deployment.spec.paused !== true) {
      store.put(replicaSetFor(deployment, revisionOf(sets.at(-1)) + 1, clock.timestamp()))
      return
    }
    if (current !== undefined && revisionOf(current) < revisionOf(sets.at(-1))) {
      // Back to a template of before: its ReplicaSet becomes the newest one.
      store.put(withRevision(current, revisionOf(sets.at(-1)) + 1))
      return
    }
    for (const [set, replicas] of nextSizes(deployment, current, sets)) {
      const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) }
      store.put<ReplicaSet>({ ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } })
    }
    report(deployment, current, sets)
  }

  /** A paused Deployment is resized, but rolls nothing out: it may have no ReplicaSet of its present template. */
  function nextSizes(deployment: Deployment, current: ReplicaSet | undefined, sets: ReplicaSet[]): Map<ReplicaSet, number> {
    const { paused, strategy } = deployment.spec
    const newest = current ?? sets.at(-1)
    if (newest === undefined) return new Map()
    const old = sets.filter((set) => set !== newest)
    if (strategy?.type !== 'Recreate' && isResized(deployment, sets)) return resize(deployment, newest, old)
    return paused === true ? new Map() : nextReplicas(deployment, newest, old)
  }

  function report(deployment: Deployment, current: ReplicaSet | undefined, sets: ReplicaSet[]): void {
    const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') => sets.reduce((total, set) => total + (set.status[field] ?? 0), 0)
    const available = sum('availableReplicas')
    const wanted = sets.reduce((total, set) => total + (set.spec.replicas ?? 1), 0)
    const status = {
      ...deployment.status,
      replicas: sum('replicas'),
      updatedReplicas: current?.status.replicas ?? 0,
      readyReplicas: sum('readyReplicas'),
      availableReplicas: available,
      // Of the pods that its ReplicaSets ask for: in a rollout with maxSurge these are more than the Deployment's own.
      unavailableReplicas: Math.max(0, wanted - available),
    }
    const told = current === undefined ? deployment : withRevision(deployment, revisionOf(current))
    if (told !== deployment || !sameStatus(status, deployment.status)) store.put<Deployment>({ ...told, status })
  }
}

/** The one that was made of the Deployment's present template. */
export function currentSet({ spec }: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const wanted = canonicalTemplate(spec.template)
  return sets.find((set) => set.spec.template != null && canonicalTemplate(set.spec.template) === wanted)
}

/** The ReplicaSet of the Deployment's present template; it begins with no replicas. */
function replicaSetFor(deployment: Deployment, revision: number, timestamp: string): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec
  const hash = templateHash(template)
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      creationTimestamp: timestamp,
      labels,
      annotations: { [REVISION]: String(revision) },
      ownerReferences: [controlledBy(deployment)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: {},
  }
}

/** The object itself if it says so already. */
function withRevision<T extends Deployment | ReplicaSet>(object: T, revision: number): T {
  const { annotations } = object.metadata
  if (revision === 0 || annotations?.[REVISION] === String(revision)) return object
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [REVISION]: String(revision) } } }
}

function revisionOf(set: ReplicaSet | undefined): number {
  return Number(set?.metadata.annotations?.[REVISION] ?? 0)
}

export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  return revisionOf(a) - revisionOf(b) || compareTexts(a.metadata.name, b.metadata.name)
}
