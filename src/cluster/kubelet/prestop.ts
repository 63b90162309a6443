import type { Pod } from '../api/object.ts'

const SECOND = 1e9

/** How long the pod's preStop hooks take, in nanoseconds: containers run theirs at the same time, so the longest counts. */
export function preStopDuration(pod: Pod): number {
  return Math.max(0, ...pod.spec.containers.map(({ lifecycle }) => hookSeconds(lifecycle?.preStop))) * SECOND
}

type Hook = NonNullable<NonNullable<Pod['spec']['containers'][number]['lifecycle']>['preStop']>

/** A `sleep` hook, or a command that sleeps; what else a command does is taken to take no time. */
function hookSeconds(hook: Hook | undefined): number {
  if (hook?.sleep !== undefined) return hook.sleep.seconds
  const [, seconds] = /\bsleep\s+(\d+(?:\.\d+)?)/.exec(hook?.exec?.command?.join(' ') ?? '') ?? []
  return Number(seconds ?? 0)
}
