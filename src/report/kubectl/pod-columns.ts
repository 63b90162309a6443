import { isReady, type Pod } from '../../cluster/api/object.ts'
import { age } from './age.ts'
import type { Column } from './columns.ts'
import { orNone } from './format.ts'

type ContainerStatus = NonNullable<Pod['status']['containerStatuses']>[number]

export const POD_COLUMNS: readonly Column<Pod>[] = [
  { header: 'NAME', cell: ({ metadata }) => metadata.name },
  { header: 'READY', cell: (pod) => `${summaryOf(pod).ready}/${pod.spec.containers.length}` },
  { header: 'STATUS', cell: (pod) => summaryOf(pod).status },
  { header: 'RESTARTS', cell: (pod) => String(summaryOf(pod).restarts) },
  { header: 'AGE', cell: ({ metadata }, { now_ms }) => age(metadata.creationTimestamp, now_ms) },
  { header: 'IP', cell: ({ status }) => orNone(status.podIPs?.[0]?.ip ?? status.podIP), wide: true },
  { header: 'NODE', cell: ({ spec }) => orNone(spec.nodeName), wide: true },
  { header: 'NOMINATED NODE', cell: ({ status }) => orNone(status.nominatedNodeName), wide: true },
  { header: 'READINESS GATES', cell: readinessGates, wide: true },
]

interface Summary {
  ready: number
  status: string
  restarts: number
}

/** What a pod's containers amount to: printPod of pkg/printers/internalversion. */
function summaryOf(pod: Pod): Summary {
  const reason = pod.status.reason || (isBeingCreated(pod) ? 'ContainerCreating' : pod.status.phase) || 'Pending'
  const summary = initializing(pod) ?? running(pod, reason)
  if (pod.metadata.deletionTimestamp == null) return summary
  return { ...summary, status: pod.status.reason === 'NodeLost' ? 'Unknown' : 'Terminating' }
}

/** On its node, where kubelet would say so at once; ours says nothing before the containers run. */
function isBeingCreated({ spec, status }: Pod): boolean {
  return spec.nodeName !== undefined && (status.phase ?? 'Pending') === 'Pending' && status.containerStatuses === undefined
}

/** The first init container that is not done, if any. */
function initializing({ spec, status }: Pod): Summary | undefined {
  let restarts = 0
  for (const [i, container] of (status.initContainerStatuses ?? []).entries()) {
    restarts += container.restartCount
    if (container.state?.terminated?.exitCode === 0 || isStartedSidecar(spec, container)) continue
    const why = endOf(container) ?? waitingFor(container, 'PodInitializing') ?? `${i}/${spec.initContainers?.length ?? 0}`
    return { ready: 0, status: `Init:${why}`, restarts }
  }
  return undefined
}

function isStartedSidecar(spec: Pod['spec'], { name, started }: ContainerStatus): boolean {
  return started === true && spec.initContainers?.find((container) => container.name === name)?.restartPolicy === 'Always'
}

/** The first container with something to say gives the status. */
function running(pod: Pod, reason: string): Summary {
  const summary: Summary = { ready: 0, status: reason, restarts: 0 }
  let hasRunning = false
  for (const container of [...(pod.status.containerStatuses ?? [])].reverse()) {
    summary.restarts += container.restartCount
    const why = waitingFor(container) ?? endOf(container)
    if (why !== undefined) summary.status = why
    else if (container.ready && container.state?.running) {
      hasRunning = true
      summary.ready++
    }
  }
  if (summary.status === 'Completed' && hasRunning) summary.status = isReady(pod) ? 'Running' : 'NotReady'
  return summary
}

function waitingFor({ state }: ContainerStatus, except?: string): string | undefined {
  const reason = state?.waiting?.reason
  return reason && reason !== except ? reason : undefined
}

function endOf({ state }: ContainerStatus): string | undefined {
  const end = state?.terminated
  if (!end) return undefined
  return end.reason || (end.signal ? `Signal:${end.signal}` : `ExitCode:${end.exitCode}`)
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const passed = gates.filter(({ conditionType }) => status.conditions?.some(({ type, status: value }) => type === conditionType && value === 'True'))
  return `${passed.length}/${gates.length}`
}
