import type * as apps from 'kubernetes-types/apps/v1.js'
import type * as core from 'kubernetes-types/core/v1.js'
import type * as discovery from 'kubernetes-types/discovery/v1.js'
import type { LabelSelector, ObjectMeta, OwnerReference } from 'kubernetes-types/meta/v1.js'

/** A document as it was parsed, before admission: any kind, spec and status where the kind has them. */
export interface KubeObject {
  apiVersion?: string
  kind: string
  metadata?: { name?: string; namespace?: string; [field: string]: unknown }
  [field: string]: unknown
}

/** `namespace` is '' for what lives outside namespaces. */
export type Metadata = ObjectMeta & { name: string; namespace: string }

/** An object in the store: immutable by convention, replaced on every change. */
export type Stored<T> = T & { apiVersion: string; kind: string; metadata: Metadata }

/** Admission gives every object of these kinds a spec and a status, be they empty. */
type WithSpec<T, Spec, Status> = Stored<Omit<T, 'spec' | 'status'>> & { spec: Spec; status: Status }

export type Pod = WithSpec<core.Pod, core.PodSpec, core.PodStatus>
export type Node = WithSpec<core.Node, core.NodeSpec, core.NodeStatus>
export type Namespace = WithSpec<core.Namespace, core.NamespaceSpec, core.NamespaceStatus>
export type Service = WithSpec<core.Service, core.ServiceSpec, core.ServiceStatus>
/** Before its controller has looked at a workload its status says nothing. */
export type Deployment = WithSpec<apps.Deployment, apps.DeploymentSpec, apps.DeploymentStatus>
export type ReplicaSet = WithSpec<apps.ReplicaSet, apps.ReplicaSetSpec, Partial<apps.ReplicaSetStatus>>
export type StatefulSet = WithSpec<apps.StatefulSet, apps.StatefulSetSpec, Partial<apps.StatefulSetStatus>>
export type DaemonSet = WithSpec<apps.DaemonSet, apps.DaemonSetSpec, Partial<apps.DaemonSetStatus>>
export type Endpoints = Stored<core.Endpoints>
export type ConfigMap = Stored<core.ConfigMap>
export type EndpointSlice = Stored<discovery.EndpointSlice>
export type PodTemplate = core.PodTemplateSpec

/** metallb.io/v1beta1, as far as it is read. */
export type IPAddressPool = Stored<{ spec: { addresses?: string[]; autoAssign?: boolean; avoidBuggyIPs?: boolean } }>
export type Advertisement = Stored<{ spec?: { ipAddressPools?: string[]; ipAddressPoolSelectors?: LabelSelector[]; nodeSelectors?: LabelSelector[] } }>

/** `forNodes` came with Kubernetes 1.33 (KEP-3015), after the type package. */
export type EndpointHints = discovery.EndpointHints & { forNodes?: { name: string }[] }
export type Endpoint = discovery.Endpoint
export type EndpointPort = discovery.EndpointPort

/** The kinds that the control plane knows; every other kind is stored and left alone. */
export interface Kinds {
  Pod: Pod
  Node: Node
  Namespace: Namespace
  Service: Service
  Endpoints: Endpoints
  EndpointSlice: EndpointSlice
  ConfigMap: ConfigMap
  Deployment: Deployment
  ReplicaSet: ReplicaSet
  StatefulSet: StatefulSet
  DaemonSet: DaemonSet
  IPAddressPool: IPAddressPool
  L2Advertisement: Advertisement
  BGPAdvertisement: Advertisement
}

export type Kind = keyof Kinds

/** Names an object in a complaint or an event. */
export interface Ref {
  kind: string
  namespace: string
  name: string
}

export function refOf(object: Stored<unknown>): Ref {
  return { kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name }
}

/** Kinds that keep pods made from a template. */
export const WORKLOAD_KINDS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'] as const
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number]

export function isWorkloadKind(kind: string): kind is WorkloadKind {
  return WORKLOAD_KINDS.some((known) => known === kind)
}

/** The owner that controls the object, if any. */
export function controllerOf(object: Stored<unknown>): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true)
}

/** Of a pod or a node. */
export function isReady({ status }: Pod | Node): boolean {
  return status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp != null
}

/** Its containers have ended for good. */
export function isFinished(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
}

/** Counts as a replica: neither ended nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !isTerminating(pod)
}

/** Services without one (or with an empty one) have only the endpoints that somebody writes down. */
export function hasSelector({ spec }: Service): boolean {
  return Object.keys(spec.selector ?? {}).length > 0
}

export const ZONE_LABEL = 'topology.kubernetes.io/zone'

export function zoneOf(node: Node | undefined): string | undefined {
  return node?.metadata.labels?.[ZONE_LABEL]
}
