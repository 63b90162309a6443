import type { Cluster } from '../../../cluster/cluster.ts'
import { controllerOf, isTerminating, type Pod } from '../../../cluster/api/object.ts'
import { age } from '../age.ts'
import { containerLines } from './container.ts'
import { formatTime, labelLines, labelsAndAnnotations, nameLines, titled, when } from './lines.ts'

/** What `kubectl describe pod` says of it; of what plays no part here (volumes, tolerations, QoS class, probes, resources) nothing. */
export function podLines(pod: Pod, _cluster: Cluster, now_ms: number): string[] {
  const { metadata, spec, status } = pod
  const controller = controllerOf(pod)
  return [
    ...nameLines(metadata),
    ...(spec.priority === undefined ? [] : [`Priority:\t${spec.priority}`]),
    ...when(spec.serviceAccountName, (account) => `Service Account:\t${account}`),
    `Node:\t${spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : '<none>'}`,
    ...when(status.startTime, (time) => `Start Time:\t${formatTime(time)}`),
    ...labelsAndAnnotations(metadata),
    ...phaseLines(pod, now_ms),
    ...when(status.reason, (reason) => `Reason:\t${reason}`),
    ...when(status.message, (message) => `Message:\t${message}`),
    `IP:\t${status.podIP ?? ''}`,
    ...addressLines(pod),
    ...when(controller, ({ kind, name }) => `Controlled By:\t${kind}/${name}`),
    ...containerLines('Init Containers', spec.initContainers, status.initContainerStatuses ?? []),
    ...containerLines('Containers', spec.containers, status.containerStatuses ?? []),
    ...conditionLines(pod),
    ...titled('Node-Selectors', labelLines(spec.nodeSelector)),
    'Events:\t<none>',
  ]
}

function phaseLines(pod: Pod, now_ms: number): string[] {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  if (!isTerminating(pod) || pod.status.reason === 'NodeLost') return [`Status:\t${pod.status.phase ?? ''}`]
  return [`Status:\tTerminating (lasts ${age(deletionTimestamp ?? undefined, now_ms)})`, ...(deletionGracePeriodSeconds == null ? [] : [`Termination Grace Period:\t${deletionGracePeriodSeconds}s`])]
}

function addressLines({ status }: Pod): string[] {
  const addresses = status.podIPs ?? []
  return addresses.length === 0 ? ['IPs:\t<none>'] : ['IPs:', ...addresses.map(({ ip }) => `  IP:\t${ip}`)]
}

/** With the blanks that kubectl leaves at their ends. */
function conditionLines({ status }: Pod): string[] {
  const conditions = status.conditions ?? []
  return conditions.length === 0 ? [] : ['Conditions:', '  Type\tStatus', ...conditions.map(({ type, status: holds }) => `  ${type} \t${holds} `)]
}
