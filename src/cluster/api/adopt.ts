import type { ControlPlane } from '../controllers/control.ts'
import { HASH_LABEL } from './names.ts'
import { controllerOf, type Deployment, type Pod, type ReplicaSet } from './object.ts'
import { matchesSelector } from './selector.ts'
import { controlledBy } from '../controllers/workload.ts'

/**
 * A dump often has Deployments and their pods, but not the ReplicaSets between them. Without these the pods would
 * be nobody's, and the Deployments would make them all again: so the ReplicaSets are put back.
 */
export function restoreReplicaSets({ store, selection }: ControlPlane): void {
  for (const pod of store.list('Pod')) {
    const { namespace } = pod.metadata
    const owner = controllerOf(pod)
    if (owner?.kind !== 'ReplicaSet' || store.get('ReplicaSet', namespace, owner.name) !== undefined) continue
    const deployment = store.list('Deployment', namespace).find(({ spec }) => matchesSelector(spec.selector, pod.metadata.labels))
    if (deployment !== undefined) store.put(replicaSetOf(pod, owner.name, deployment, [...selection.podsOf(namespace, owner)].length))
  }
}

function replicaSetOf(pod: Pod, name: string, deployment: Deployment, replicas: number): ReplicaSet {
  const hash = pod.metadata.labels?.[HASH_LABEL]
  const { selector, template } = deployment.spec
  const labels = hash === undefined ? { ...pod.metadata.labels } : { ...template.metadata?.labels, [HASH_LABEL]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: pod.metadata.namespace,
      ...(deployment.metadata.creationTimestamp === undefined ? {} : { creationTimestamp: deployment.metadata.creationTimestamp }),
      labels,
      ownerReferences: [controlledBy(deployment)],
    },
    spec: { replicas, selector, template },
    status: {},
  }
}
