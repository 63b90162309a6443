import type { Cluster } from '../../../cluster/cluster.ts'
import { byRevision, currentSet } from '../../../cluster/controllers/deployment.ts'
import type { Deployment, ReplicaSet } from '../../../cluster/api/object.ts'
import { DEFAULT_STEP } from '../../../cluster/controllers/rollout.ts'
import { formatSelector } from '../format.ts'
import { containerLines } from './container.ts'
import { formatTime, labelLines, labelsAndAnnotations, nameLines, titled, when } from './lines.ts'

/** What `kubectl describe deploy` says of it; of volumes and tolerations, which play no part here, nothing. */
export function deploymentLines(deployment: Deployment, { selection }: Cluster): string[] {
  const { metadata, spec, status } = deployment
  const type = spec.strategy?.type ?? 'RollingUpdate'
  const { maxUnavailable = DEFAULT_STEP, maxSurge = DEFAULT_STEP } = spec.strategy?.rollingUpdate ?? {}
  const sets = [...selection.replicaSetsOf(metadata.namespace, metadata.name)].sort(byRevision)
  const current = currentSet(deployment, sets)
  return [
    ...nameLines(metadata),
    ...when(metadata.creationTimestamp, (time) => `CreationTimestamp:\t${formatTime(time)}`),
    ...labelsAndAnnotations(metadata),
    `Selector:\t${formatSelector(spec.selector)}`,
    `Replicas:\t${spec.replicas ?? 1} desired | ${status.updatedReplicas ?? 0} updated | ${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ${status.unavailableReplicas ?? 0} unavailable`,
    `StrategyType:\t${type}`,
    `MinReadySeconds:\t${spec.minReadySeconds ?? 0}`,
    ...(type === 'RollingUpdate' ? [`RollingUpdateStrategy:\t${maxUnavailable} max unavailable, ${maxSurge} max surge`] : []),
    ...templateLines(spec),
    ...conditionLines(status),
    `OldReplicaSets:\t${sets.filter((set) => set !== current).map(formatSet).join(', ') || '<none>'}`,
    `NewReplicaSet:\t${current === undefined ? '<none>' : formatSet(current)}`,
    'Events:\t<none>',
  ]
}

function templateLines({ template }: Deployment['spec']): string[] {
  return ['Pod Template:', ...titled('  Labels', labelLines(template.metadata?.labels)), ...containerLines('  Containers', template.spec?.containers, [], ' ')]
}

function conditionLines({ conditions = [] }: Deployment['status']): string[] {
  if (conditions.length === 0) return []
  return ['Conditions:', '  Type\tStatus\tReason', '  ----\t------\t------', ...conditions.map(({ type, status, reason }) => `  ${type} \t${status}\t${reason ?? ''}`)]
}

function formatSet({ metadata, spec, status }: ReplicaSet): string {
  return `${metadata.name} (${status.replicas ?? 0}/${spec.replicas ?? 1} replicas created)`
}
