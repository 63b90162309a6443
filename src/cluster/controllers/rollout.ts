import type { Deployment, ReplicaSet } from '../api/object.ts'
import { resolveShare } from './workload.ts'

/** apps/v1 SetDefaults_Deployment. */
export const DEFAULT_STEP = '25%'

/**
 * One step of a rollout: which ReplicaSets should change, and to how many replicas. The Deployment controller's
 * rolling.go and recreate.go, one step for each change that it sees.
 */
export function nextReplicas(deployment: Deployment, current: ReplicaSet, old: ReplicaSet[]): Map<ReplicaSet, number> {
  const wanted = deployment.spec.replicas ?? 1
  if (deployment.spec.strategy?.type === 'Recreate') return recreate(wanted, current, old)
  const { maxSurge, maxUnavailable } = limits(deployment, wanted)
  const up = Math.min(wanted, specReplicas(current) + Math.max(0, wanted + maxSurge - total([current, ...old])))
  if (specReplicas(current) !== up) return new Map([[current, up]])
  const atLeast = wanted - maxUnavailable
  const mayStop = total([current, ...old]) - atLeast - unavailable(current)
  // Counted by what was asked for, not by what is seen, which may be old: nothing is stopped twice.
  return mayStop > 0 ? scaleDown(old, mayStop, available([current, ...old]) - atLeast) : new Map()
}

/** All the old first, none left alive, then all the new. */
function recreate(wanted: number, current: ReplicaSet, old: ReplicaSet[]): Map<ReplicaSet, number> {
  const toStop = old.filter((set) => specReplicas(set) > 0)
  if (toStop.length > 0) return new Map(toStop.map((set) => [set, 0]))
  const isStopped = old.every((set) => (set.status.replicas ?? 0) === 0)
  return isStopped && specReplicas(current) !== wanted ? new Map([[current, wanted]]) : new Map()
}

/** Takes unhealthy replicas of old versions first: they serve nobody. Then healthy ones, as many as are spare. */
function scaleDown(old: ReplicaSet[], mayStop: number, spare: number): Map<ReplicaSet, number> {
  const target = new Map(old.map((set) => [set, specReplicas(set)]))
  take(target, mayStop, (set, replicas) => replicas - (set.status.availableReplicas ?? 0))
  take(target, spare, (_, replicas) => replicas)
  return new Map([...target].filter(([set, replicas]) => replicas !== specReplicas(set)))
}

function take(target: Map<ReplicaSet, number>, budget: number, most: (set: ReplicaSet, replicas: number) => number): void {
  for (const [set, replicas] of target) {
    const taken = Math.max(0, Math.min(budget, most(set, replicas)))
    target.set(set, replicas - taken)
    budget -= taken
  }
}

/** maxSurge and maxUnavailable as numbers of pods; both zero would never move, so the API makes one pod unavailable. */
export function limits(deployment: Deployment, wanted: number): { maxSurge: number; maxUnavailable: number } {
  const { maxSurge, maxUnavailable } = deployment.spec.strategy?.rollingUpdate ?? {}
  const surge = resolveShare(maxSurge ?? DEFAULT_STEP, wanted, Math.ceil)
  const missing = resolveShare(maxUnavailable ?? DEFAULT_STEP, wanted, Math.floor)
  return { maxSurge: surge, maxUnavailable: surge === 0 && missing === 0 ? 1 : Math.min(missing, wanted) }
}

function specReplicas(set: ReplicaSet): number {
  return set.spec.replicas ?? 1
}

function total(sets: ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + specReplicas(set), 0)
}

function available(sets: ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + (set.status.availableReplicas ?? 0), 0)
}

function unavailable(set: ReplicaSet): number {
  return specReplicas(set) - (set.status.availableReplicas ?? 0)
}
