import type { Pod } from '../api/object.ts'

type Condition = NonNullable<Pod['status']['conditions']>[number]
type ContainerStatus = NonNullable<Pod['status']['containerStatuses']>[number]

/** The conditions of a pod whose containers run. */
export function conditionsOf(ready: boolean, timestamp: string): Condition[] {
  const readiness = ready ? 'True' : 'False'
  const statuses = { Initialized: 'True', Ready: readiness, ContainersReady: readiness, PodScheduled: 'True' }
  return Object.entries(statuses).map(([type, status]) => ({ type, status, lastTransitionTime: timestamp }))
}

export function containerStatuses(pod: Pod, ready: boolean, timestamp: string, restartCount = 0): ContainerStatus[] {
  return pod.spec.containers.map(({ name, image }) => ({
    name,
    image: image ?? '',
    imageID: '',
    ready,
    started: true,
    restartCount,
    state: { running: { startedAt: timestamp } },
  }))
}
