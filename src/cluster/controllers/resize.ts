import { compareTexts } from '../../engine/order.ts'
import type { Deployment, ReplicaSet } from '../api/object.ts'
import { limits } from './rollout.ts'

/** What a ReplicaSet remembers of its Deployment's size: without it nobody could tell a resize from a rollout. */
const DESIRED = 'deployment.kubernetes.io/desired-replicas'
const MOST = 'deployment.kubernetes.io/max-replicas'

/** The annotations that a ReplicaSet gets whenever its Deployment gives it a number of replicas. */
export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  return { [DESIRED]: String(sizeOf(deployment)), [MOST]: String(most(deployment)) }
}

/** Has somebody changed the Deployment's number of replicas since its ReplicaSets were given theirs? */
export function isResized(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.some((set) => replicasOf(set) > 0 && annotated(set, DESIRED) !== undefined && annotated(set, DESIRED) !== sizeOf(deployment))
}

/**
 * Spreads a new number of replicas over all versions that have some, in proportion to what they have: a rollout that is
 * under way goes on from there (pkg/controller/deployment/sync.go, scale).
 */
export function resize(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Map<ReplicaSet, number> {
  const wanted = sizeOf(deployment)
  const active = [current, ...old].filter((set) => replicasOf(set) > 0)
  const [only, second] = active
  if (only === undefined || second === undefined) return new Map([[only ?? current, wanted]])
  if (isSaturated(current, wanted)) return new Map(active.map((set) => [set, set === current ? wanted : 0]))
  const missing = (wanted > 0 ? most(deployment) : 0) - active.reduce((sum, set) => sum + replicasOf(set), 0)
  // The largest gets what rounding leaves; of equal ones the newest grows first, and the oldest shrinks first.
  active.sort((a, b) => replicasOf(b) - replicasOf(a) || Math.sign(missing) * compareTexts(createdAt(b), createdAt(a)))
  const sizes = new Map<ReplicaSet, number>()
  let given = 0
  for (const set of active) {
    const share = portion(set, deployment, missing - given)
    sizes.set(set, replicasOf(set) + share)
    given += share
  }
  const [largest = current] = active
  sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + missing - given))
  return sizes
}

/** How many more (or fewer) replicas fall to this one, at most so many. */
function portion(set: ReplicaSet, deployment: Deployment, left: number): number {
  const replicas = replicasOf(set)
  const before = annotated(set, MOST) ?? deployment.status.replicas ?? 0
  if (left === 0 || before === 0) return 0
  const fraction = sizeOf(deployment) === 0 ? -replicas : Math.round((replicas * most(deployment)) / before) - replicas
  return left > 0 ? Math.min(fraction, left) : Math.max(fraction, left)
}

function isSaturated(set: ReplicaSet, wanted: number): boolean {
  return replicasOf(set) === wanted && annotated(set, DESIRED) === wanted && set.status.availableReplicas === wanted
}

function most(deployment: Deployment): number {
  const wanted = sizeOf(deployment)
  return wanted + limits(deployment, wanted).maxSurge
}

function sizeOf({ spec }: Deployment): number {
  return spec.replicas ?? 1
}

function replicasOf({ spec }: ReplicaSet): number {
  return spec.replicas ?? 1
}

function createdAt({ metadata }: ReplicaSet): string {
  return metadata.creationTimestamp ?? ''
}

function annotated({ metadata }: ReplicaSet, name: string): number | undefined {
  const text = metadata.annotations?.[name]
  return text === undefined ? undefined : Number(text)
}
