import type { Node, Namespace } from '../../cluster/api/object.ts'
import { compareTexts } from '../../engine/order.ts'
import { age } from './age.ts'
import type { Column } from './columns.ts'
import { orNone } from './format.ts'

const ROLE_PREFIX = 'node-role.kubernetes.io/'

export const NODE_COLUMNS: readonly Column<Node>[] = [
  { header: 'NAME', cell: ({ metadata }) => metadata.name },
  { header: 'STATUS', cell: nodeStatus },
  { header: 'ROLES', cell: ({ metadata }) => orNone(rolesOf(metadata.labels ?? {}).join(',')) },
  { header: 'AGE', cell: ({ metadata }, { now_ms }) => age(metadata.creationTimestamp, now_ms) },
  { header: 'VERSION', cell: ({ status }) => status.nodeInfo?.kubeletVersion ?? '' },
  { header: 'INTERNAL-IP', cell: (node) => orNone(addressOf(node, 'InternalIP')), wide: true },
  { header: 'EXTERNAL-IP', cell: (node) => orNone(addressOf(node, 'ExternalIP')), wide: true },
  { header: 'OS-IMAGE', cell: ({ status }) => status.nodeInfo?.osImage || '<unknown>', wide: true },
  { header: 'KERNEL-VERSION', cell: ({ status }) => status.nodeInfo?.kernelVersion || '<unknown>', wide: true },
  { header: 'CONTAINER-RUNTIME', cell: ({ status }) => status.nodeInfo?.containerRuntimeVersion || '<unknown>', wide: true },
]

export const NAMESPACE_COLUMNS: readonly Column<Namespace>[] = [
  { header: 'NAME', cell: ({ metadata }) => metadata.name },
  { header: 'STATUS', cell: ({ status }) => status.phase ?? '' },
  { header: 'AGE', cell: ({ metadata }, { now_ms }) => age(metadata.creationTimestamp, now_ms) },
]

function nodeStatus({ spec, status }: Node): string {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  const health = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec.unschedulable === true ? `${health},SchedulingDisabled` : health
}

export function rolesOf(labels: { [name: string]: string }): string[] {
  const roles = Object.entries(labels).flatMap(([name, value]) => {
    if (name.startsWith(ROLE_PREFIX)) return name.slice(ROLE_PREFIX.length) || []
    return name === 'kubernetes.io/role' && value ? value : []
  })
  return [...new Set(roles)].sort(compareTexts)
}

function addressOf({ status }: Node, type: string): string | undefined {
  return status.addresses?.find((address) => address.type === type)?.address
}
