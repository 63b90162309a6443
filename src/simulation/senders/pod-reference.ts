import { HASH_LABEL } from '../../cluster/api/names.ts'
import { controllerOf, type Pod } from '../../cluster/api/object.ts'
import type { Selection } from '../../cluster/api/selection.ts'
import type { Reference } from '../../scenario/values/reference.ts'

/** The namespace in which to look; a command line may leave it out. */
export function namespaceOf({ namespace }: Reference): string {
  return namespace === '' ? 'default' : namespace
}

/** Is the pod one of those that the reference stands for: itself, those of a workload, those behind a Service? */
export function isMeant(selection: Selection, reference: Reference, pod: Pod): boolean {
  const { kind, name } = reference
  if (pod.metadata.namespace !== namespaceOf(reference)) return false
  if (kind === 'pod') return pod.metadata.name === name
  if (kind === 'service') return selection.servicesSelecting(pod).some((service) => service.metadata.name === name)
  return ownersOf(pod).some((owner) => owner.kind === kind && owner.name === name)
}

/** A Deployment's pods are its ReplicaSets' pods; their names begin with the Deployment's. */
function ownersOf(pod: Pod): { kind: string; name: string }[] {
  const owner = controllerOf(pod)
  if (owner === undefined) return []
  const kind = owner.kind.toLowerCase()
  const hash = pod.metadata.labels?.[HASH_LABEL]
  const deployment = kind === 'replicaset' && hash !== undefined && owner.name.endsWith(`-${hash}`) ? [{ kind: 'deployment', name: owner.name.slice(0, -hash.length - 1) }] : []
  return [{ kind, name: owner.name }, ...deployment]
}
