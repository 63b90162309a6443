import type { DaemonSet, Deployment, PodTemplate, ReplicaSet, StatefulSet } from '../../cluster/api/object.ts'
import { age } from './age.ts'
import type { Column } from './columns.ts'
import { formatLabels, formatSelector } from './format.ts'

type Workload = { metadata: { name: string; creationTimestamp?: string }; spec: { template?: PodTemplate; selector?: Deployment['spec']['selector'] } }

const NAME: Column<Workload> = { header: 'NAME', cell: ({ metadata }) => metadata.name }
const AGE: Column<Workload> = { header: 'AGE', cell: ({ metadata }, { now_ms }) => age(metadata.creationTimestamp, now_ms) }
const CONTAINERS: Column<Workload> = { header: 'CONTAINERS', cell: ({ spec }) => containersOf(spec).map(({ name }) => name).join(','), wide: true }
const IMAGES: Column<Workload> = { header: 'IMAGES', cell: ({ spec }) => containersOf(spec).map(({ image }) => image ?? '').join(','), wide: true }
const SELECTOR: Column<Workload> = { header: 'SELECTOR', cell: ({ spec }) => formatSelector(spec.selector), wide: true }

export const DEPLOYMENT_COLUMNS: readonly Column<Deployment>[] = [
  NAME,
  { header: 'READY', cell: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 1}` },
  { header: 'UP-TO-DATE', cell: ({ status }) => count(status.updatedReplicas) },
  { header: 'AVAILABLE', cell: ({ status }) => count(status.availableReplicas) },
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
]

export const REPLICASET_COLUMNS: readonly Column<ReplicaSet>[] = [
  NAME,
  { header: 'DESIRED', cell: ({ spec }) => count(spec.replicas ?? 1) },
  { header: 'CURRENT', cell: ({ status }) => count(status.replicas) },
  { header: 'READY', cell: ({ status }) => count(status.readyReplicas) },
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
]

export const STATEFULSET_COLUMNS: readonly Column<StatefulSet>[] = [
  NAME,
  { header: 'READY', cell: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 1}` },
  AGE,
  CONTAINERS,
  IMAGES,
]

export const DAEMONSET_COLUMNS: readonly Column<DaemonSet>[] = [
  NAME,
  { header: 'DESIRED', cell: ({ status }) => count(status.desiredNumberScheduled) },
  { header: 'CURRENT', cell: ({ status }) => count(status.currentNumberScheduled) },
  { header: 'READY', cell: ({ status }) => count(status.numberReady) },
  { header: 'UP-TO-DATE', cell: ({ status }) => count(status.updatedNumberScheduled) },
  { header: 'AVAILABLE', cell: ({ status }) => count(status.numberAvailable) },
  { header: 'NODE SELECTOR', cell: ({ spec }) => formatLabels(spec.template.spec?.nodeSelector) },
  AGE,
  CONTAINERS,
  IMAGES,
  SELECTOR,
]

function count(value: number | undefined): string {
  return String(value ?? 0)
}

function containersOf({ template }: Workload['spec']) {
  return template?.spec?.containers ?? []
}
