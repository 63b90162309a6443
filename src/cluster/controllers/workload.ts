import type { OwnerReference } from 'kubernetes-types/meta/v1.js'
import type { Clock } from '../clock.ts'
import { isActive, isReady, type Pod, type PodTemplate, type Stored } from '../api/object.ts'
import { parseTimestamp } from '../api/timestamp.ts'

/** A pod made from a template, as controllers make them: not bound, not started. */
export function podFrom(
  template: PodTemplate | undefined,
  owner: Stored<unknown>,
  name: string,
  timestamp: string,
  labels: { [name: string]: string } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: owner.metadata.namespace,
      creationTimestamp: timestamp,
      labels: { ...template?.metadata?.labels, ...labels },
      ...(template?.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
      ownerReferences: [controlledBy(owner)],
    },
    spec: template?.spec ?? { containers: [] },
    status: {},
  }
}

export function controlledBy(owner: Stored<unknown>): OwnerReference {
  const { name, uid } = owner.metadata
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid: uid ?? '', controller: true }
}

/** Ready, and has been for `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, clock: Clock): boolean {
  return isReady(pod) && clock.hasElapsed(readySince_ms(pod), minReadySeconds * 1000)
}

/** When it became ready, in milliseconds since 1970; the beginning of time where a dump does not say. */
export function readySince_ms(pod: Pod): number {
  const ready = pod.status.conditions?.find((condition) => condition.type === 'Ready')
  return parseTimestamp(ready?.lastTransitionTime) ?? 0
}

/** An int-or-string such as maxSurge: a number of pods, or a percentage of them. */
export function resolveShare(value: number | string, of: number, round: (value: number) => number): number {
  return typeof value === 'string' && value.endsWith('%') ? round((Number(value.slice(0, -1)) * of) / 100) : Number(value)
}

/** How many of the pods count as replicas, are ready, are available. */
export interface Tally {
  replicas: number
  ready: number
  available: number
}

export function tally(pods: Iterable<Pod>, minReadySeconds: number, clock: Clock): Tally {
  const counts: Tally = { replicas: 0, ready: 0, available: 0 }
  for (const pod of pods) {
    if (!isActive(pod)) continue
    counts.replicas++
    if (isReady(pod)) counts.ready++
    if (isAvailable(pod, minReadySeconds, clock)) counts.available++
  }
  return counts
}

/** Do the counts say what the status says already? A count that a status leaves out is zero. */
export function sameStatus<S extends object>(counts: S, status: S): boolean {
  return (Object.keys(counts) as (keyof S)[]).every((field) => counts[field] === (status[field] ?? 0))
}
