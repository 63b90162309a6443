import type { Cluster } from '../../../cluster/cluster.ts'
import { isFinished, type Node } from '../../../cluster/api/object.ts'
import { compareTexts } from '../../../engine/order.ts'
import { age } from '../age.ts'
import { orNone } from '../format.ts'
import { rolesOf } from '../node-columns.ts'
import { formatTime, labelsAndAnnotations, titled, when } from './lines.ts'

/** Fields of a node's status, as `kubectl describe node` calls them. */
const SYSTEM_INFO = [
  ['Machine ID', 'machineID'],
  ['System UUID', 'systemUUID'],
  ['Boot ID', 'bootID'],
  ['Kernel Version', 'kernelVersion'],
  ['OS Image', 'osImage'],
  ['Operating System', 'operatingSystem'],
  ['Architecture', 'architecture'],
  ['Container Runtime Version', 'containerRuntimeVersion'],
  ['Kubelet Version', 'kubeletVersion'],
] as const

/** What `kubectl describe node` says of it; what pods request and what is left of it plays no part here. */
export function nodeLines(node: Node, cluster: Cluster, now_ms: number): string[] {
  const { metadata, spec, status } = node
  return [
    `Name:\t${metadata.name}`,
    `Roles:\t${orNone(rolesOf(metadata.labels ?? {}).join(','))}`,
    ...labelsAndAnnotations(metadata),
    ...when(metadata.creationTimestamp, (time) => `CreationTimestamp:\t${formatTime(time)}`),
    ...titled('Taints', (spec.taints ?? []).map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`)),
    `Unschedulable:\t${spec.unschedulable === true}`,
    ...conditionLines(node),
    ...listed('Addresses', (status.addresses ?? []).map(({ type, address }) => [type, address])),
    ...listed('Capacity', quantities(status.capacity)),
    ...listed('Allocatable', quantities(status.allocatable)),
    ...listed('System Info', SYSTEM_INFO.flatMap(([title, field]): [string, string][] => (status.nodeInfo?.[field] ? [[title, status.nodeInfo[field]]] : []))),
    ...when(spec.podCIDR, (range) => `PodCIDR:\t${range}`),
    ...when(spec.podCIDRs?.join(','), (ranges) => `PodCIDRs:\t${ranges}`),
    ...when(spec.providerID, (id) => `ProviderID:\t${id}`),
    ...podLines(node, cluster, now_ms),
    'Events:\t<none>',
  ]
}

/** With the blanks that kubectl leaves between; `<unknown>` where nobody has written a time. */
function conditionLines({ status }: Node): string[] {
  const conditions = status.conditions ?? []
  const timeOf = (timestamp: string | undefined) => (timestamp === undefined ? '<unknown>' : formatTime(timestamp))
  if (conditions.length === 0) return []
  return [
    'Conditions:',
    '  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage',
    '  ----\t------\t-----------------\t------------------\t------\t-------',
    ...conditions.map(({ type, status: holds, lastHeartbeatTime, lastTransitionTime, reason, message }) => `  ${type} \t${holds} \t${timeOf(lastHeartbeatTime)} \t${timeOf(lastTransitionTime)} \t${reason ?? ''} \t${message ?? ''}`),
  ]
}

function podLines(node: Node, { store }: Cluster, now_ms: number): string[] {
  const pods = store.list('Pod', undefined).filter((pod) => pod.spec.nodeName === node.metadata.name && !isFinished(pod))
  const rows = pods.map(({ metadata: { namespace, name, creationTimestamp } }) => `  ${namespace}\t${name}\t${age(creationTimestamp, now_ms)}`)
  return [`Non-terminated Pods:\t(${pods.length} in total)`, '  Namespace\tName\tAge', '  ---------\t----\t---', ...rows]
}

function quantities(amounts: { [resource: string]: unknown } | undefined): [string, string][] {
  return Object.entries(amounts ?? {}).map(([resource, amount]): [string, string] => [resource, String(amount)]).sort(([a], [b]) => compareTexts(a, b))
}

function listed(title: string, pairs: readonly (readonly [string, string])[]): string[] {
  return pairs.length === 0 ? [] : [`${title}:`, ...pairs.map(([name, value]) => `  ${name}:\t${value}`)]
}
